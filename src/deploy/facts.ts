/** Looks at this machine, so that the next commands fit it. Reads only, and takes "may not look" for "not known". */
import { accessSync, constants, existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { namesIn } from '../files/durable.ts';
import type { HeldTree } from '../files/held-tree.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import type { Rendered } from '../render/render.ts';
import { openFolder } from './install-folder.ts';
import { folderOf, type Plan, pathsOf, planFolder } from './plan.ts';
import type { Facts, Installation } from './plan-commands.ts';
import { survey } from './survey.ts';

/** Nothing is known of another machine, so its commands ask there. */
const elsewhere: Facts = {
  where: 'elsewhere',
  root: 'sudo',
  reload: 'systemd',
  defaultSite: 'unknown',
  present: new Set(),
  challengeRoot: false,
  differing: [],
  foreign: [],
  gone: [],
  globs: true,
};

/** Whether an nginx with its usual folder is on this machine. */
export function hasNginx(): boolean {
  return existsSync(`${nginxFolder}/nginx.conf`);
}

/** `tree`: the folder of `installation.from`. `here`: whether the files are for this machine. */
export function gatherFacts(installation: Installation, tree: HeldTree, here: boolean, env: NodeJS.ProcessEnv): Facts {
  const { rendered, certificates, challengeRoot } = installation;
  const globs = onlyOurs(tree, rendered);
  if (!here) return { ...elsewhere, globs };
  const inPlace = tree.real === realpathSync(nginxFolder);
  const plan = inPlace ? undefined : planHere(rendered);
  return {
    where: inPlace ? 'in-place' : 'here',
    root: process.getuid?.() === 0 ? 'is' : onPath('sudo', env) ? 'sudo' : 'note',
    reload: existsSync('/run/systemd/system') ? 'systemd' : isRunning() ? 'signal' : 'start',
    defaultSite: defaultSite(`${nginxFolder}/sites-enabled/default`),
    present: new Set(certificates.map(({ certificate }) => certificate).filter((path) => existsSync(path))),
    challengeRoot: existsSync(challengeRoot),
    differing: [...(plan ?? rendered).files, ...(plan ?? rendered).links].map(({ path }) => path),
    foreign: plan ? plan.conflicts.map(({ path }) => path) : [],
    gone: plan?.remove ?? [],
    globs,
  };
}

/** What installing would change; undefined when this user can't look, or the manifest there is of no use. */
function planHere(rendered: Rendered): Plan | undefined {
  let tree: HeldTree | undefined;
  try {
    tree = openFolder(nginxFolder);
    const plan = planFolder(rendered, survey(tree, rendered));
    // a folder that is a link hides what is in it
    return plan.conflicts.every(({ path }) => path.includes('/')) ? plan : undefined;
  } catch {
    return undefined;
  } finally {
    tree?.release();
  }
}

function onlyOurs(tree: HeldTree, rendered: Rendered): boolean {
  const ours = pathsOf(rendered, undefined);
  return [...new Set([...ours].map(folderOf))].every((below) =>
    namesIn(tree.folder(below).path)
      .filter((name) => /^keepgate.*\.conf$/.test(name))
      .every((name) => ours.has(`${below}/${name}`)),
  );
}

/** The stock one, or one that was made of it: what matters is that it claims to be the default server. */
function defaultSite(path: string): Facts['defaultSite'] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'absent';
  try {
    if (!statSync(path).isFile() || !/^\s*listen\s[^;#]*\bdefault_server\b/m.test(readFileSync(path, 'utf8')))
      return 'absent';
  } catch {
    // it dangles, or this user may not read it
  }
  return stats.isSymbolicLink() ? 'link' : 'file';
}

function isRunning(): boolean {
  try {
    process.kill(Number.parseInt(readFileSync('/run/nginx.pid', 'utf8'), 10), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function onPath(program: string, env: NodeJS.ProcessEnv): boolean {
  return (env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}
