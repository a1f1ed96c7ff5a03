/** What to do with the files that were written: lines for sh, so that a person can read, copy or run them. */
import { dirname, join } from 'node:path';
import { nginxFolder } from '../model/nginx-folder.ts';
import { manifestName, type Rendered } from '../render/render.ts';
import { word } from '../shell-word.ts';
import { folderOf } from './plan.ts';
import { certificateLines, type NeededCertificate } from './plan-stand-ins.ts';

/** What is to be installed. */
export interface Installation {
  /** The folder that was written, as the user named it. */
  readonly from: string;
  /** What names the specs on a command line. */
  readonly words: readonly string[];
  /** The last segment of its absolute path, for a copy elsewhere. */
  readonly name: string;
  readonly rendered: Rendered;
  /** Written for sites that are gone, and removed from the folder. */
  readonly removed: readonly string[];
  /** Those of keepgate's store. */
  readonly certificates: readonly NeededCertificate[];
  /** Null where no site answers challenges. */
  readonly challengeRoot: string | null;
  /** Whether our refusing servers claim port 80, as Debian's own default site does. */
  readonly claimsDefault: boolean;
}

/** What is known of the machine that it is to be installed on. */
export interface Facts {
  /** elsewhere: nothing more is known. in-place: nginx reads the very folder that was written. */
  readonly where: 'here' | 'in-place' | 'elsewhere';
  /** How commands become root's: nothing before them, `sudo`, or a note that tells to. */
  readonly root: 'is' | 'sudo' | 'note';
  readonly reload: 'systemd' | 'signal' | 'start';
  /** Debian's sites-enabled/default, when it claims to be the default server. */
  readonly defaultSite: 'link' | 'file' | 'absent' | 'unknown';
  /** Of the certificates, the ones that are there; of the others it is not, or can't be known. */
  readonly present: ReadonlySet<string>;
  readonly challengeRoot: boolean;
  /** Paths of rendered files and links that are not yet in nginx's folder as they have to be. */
  readonly differing: readonly string[];
  /** Paths in nginx's folder that a person wrote or changed, and that these commands overwrite or remove. */
  readonly foreign: readonly string[];
  /** Paths in nginx's folder that its manifest lists and that are no longer rendered. */
  readonly gone: readonly string[];
  /** Whether nginx's folder holds sites of specs that `apply` has installed. */
  readonly installed: boolean;
  /** Whether a glob over the folder written takes just keepgate's files. */
  readonly globs: boolean;
}

/** More files than this are named by a glob. */
const few = 12;

/** The lines, without newlines at their ends; run by `sh -e`, or pasted, in the working folder that `from` is relative to. */
export function nextCommands(installation: Installation, facts: Facts): string[] {
  const sudo = facts.root === 'sudo' ? 'sudo ' : '';
  if (facts.where === 'here' && facts.installed)
    return [
      ...heading(installation.from, installation.from, facts),
      '# keepgate apply has installed specs here: it keeps what the others have, and makes the shared file for all.',
      `${sudo}${['keepgate apply', ...installation.words].join(' ')}`,
    ];
  const from = facts.where === 'elsewhere' ? installation.name : installation.from;
  return [
    ...heading(installation.from, from, facts),
    ...certificateLines(
      installation.certificates.filter(({ certificate }) => !facts.present.has(certificate)),
      sudo,
    ),
    ...challengeLines(installation.challengeRoot, facts, sudo),
    ...defaultSiteLines(installation, facts, sudo),
    ...(facts.where === 'in-place' ? [] : copyLines(from, installation, facts, sudo)),
    ...reloadLines(facts, sudo),
  ];
}

function heading(given: string, from: string, { where, root }: Facts): string[] {
  if (where === 'elsewhere')
    return [
      '# For the server, since this machine is not the one. Bring the folder there, then run the rest beside it:',
      `#   rsync -a --delete ${word(`${given}/`)} server:${word(`${from}/`)}`,
    ];
  return root === 'note' ? ['# Run these as root.'] : [];
}

function challengeLines(challengeRoot: string | null, facts: Facts, sudo: string): string[] {
  if (challengeRoot === null || facts.challengeRoot) return [];
  return [
    "# Where the CA's challenges will lie; nginx's workers read them.",
    `${sudo}install -d -m 755 ${word(challengeRoot)}`,
  ];
}

function defaultSiteLines({ claimsDefault, rendered }: Installation, { defaultSite }: Facts, sudo: string): string[] {
  const path = `${nginxFolder}/sites-enabled/default`;
  if (!claimsDefault || defaultSite === 'absent') return [];
  if (defaultSite === 'file')
    return [
      '# The default site claims port 80 too, and nginx takes only one; it is kept beside nginx.conf.',
      `${sudo}mv ${path} ${keptAside('sites-enabled/default')}`,
    ];
  const why = "# Debian's default site claims port 80 too, and nginx takes only one; it stays in sites-available.";
  if (defaultSite === 'link') return [why, `${sudo}rm ${path}`];
  return rendered.links.length > 0 ? [why, `[ ! -L ${path} ] || ${sudo}rm ${path}`] : [];
}

function copyLines(from: string, installation: Installation, facts: Facts, sudo: string): string[] {
  const { rendered, removed } = installation;
  const differing = new Set(facts.where === 'elsewhere' ? allPaths(rendered) : facts.differing);
  const lines: string[] = [];
  if (facts.foreign.length > 0) {
    lines.push('# Not as keepgate installed it: kept beside nginx.conf.');
    for (const path of facts.foreign) lines.push(`${sudo}cp -pP ${inNginx(path)} ${keptAside(path)}`);
  }
  const files = rendered.files.map(({ path }) => path).filter((path) => differing.has(path));
  const links = rendered.links.map(({ path }) => path).filter((path) => differing.has(path));
  if (files.length + links.length === 0) lines.push(`# ${nginxFolder} holds the files already.`);
  else lines.push(links.length > 0 ? '# The files, then the links that switch them on.' : '# The files.');
  const copies = (command: string, paths: readonly string[]): string[] =>
    [...new Set(paths.map(folderOf))].map((folder) => {
      const group = paths.filter((path) => folderOf(path) === folder);
      return `${sudo}${command} ${sources(from, group, facts.globs)} ${nginxFolder}/${folder}/`;
    });
  lines.push(...copies('install -m 644', files), ...copies('cp -P', links));
  lines.push(`${sudo}install -m 644 ${word(join(from, manifestName))} ${nginxFolder}/`);
  const gone = [...new Set([...facts.gone, ...removed])].filter((path) => !isRendered(rendered, path));
  if (gone.length > 0)
    lines.push('# Of sites that are no longer in the spec.', `${sudo}rm -f ${gone.map(inNginx).join(' ')}`);
  return lines;
}

function reloadLines({ reload, where }: Facts, sudo: string): string[] {
  const command = {
    systemd: 'systemctl reload-or-restart nginx',
    signal: 'nginx -s reload',
    start: 'nginx',
  }[reload];
  return [
    reload === 'start'
      ? '# Test all of it, and only then start nginx.'
      : '# Test all of it, and only then reload: until here what is running is untouched.',
    ...(where === 'elsewhere' ? ['# (Without systemd, reload with: nginx -s reload)'] : []),
    `${sudo}nginx -t && ${sudo}${command}`,
  ];
}

/** Files of one folder, as the words of a command. */
function sources(from: string, paths: readonly string[], globs: boolean): string {
  if (paths.length <= few || !globs) return paths.map((path) => word(join(from, path))).join(' ');
  return `${word(join(from, dirname(paths[0] ?? '')))}/keepgate*.conf`;
}

const inNginx = (path: string): string => word(`${nginxFolder}/${path}`);

/** nginx.conf includes nothing that lies directly beside it. */
const keptAside = (path: string): string => word(`${nginxFolder}/${path.replaceAll('/', '_')}.before-keepgate`);

function allPaths({ files, links }: Rendered): string[] {
  return [...files, ...links].map(({ path }) => path);
}

function isRendered({ manifest: { files, links } }: Rendered, path: string): boolean {
  return Object.hasOwn(files, path) || Object.hasOwn(links, path);
}
