/** What diff and apply begin with: a spec, rendered for the nginx whose folder it is installed into. */
import { posix, resolve as resolvePath } from 'node:path';
import type { Argv } from 'yargs';
import { withLock } from '../certs/lock.ts';
import { isServed, serveStandIn } from '../certs/stand-in.ts';
import { openStore } from '../certs/store.ts';
import { insideRoot } from '../deploy/inside-root.ts';
import { type InstallFolder, installFolder } from '../deploy/place.ts';
import type { Origin, Wanted } from '../deploy/plan.ts';
import { manifestText } from '../deploy/plan-manifest.ts';
import { type NeededCertificate, nameOf, neededCertificates, storeOf } from '../deploy/plan-stand-ins.ts';
import { KeepgateError, reaches } from '../diagnostic.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { type Rendered, render } from '../render/render.ts';
import type { SpecSource } from '../spec/document.ts';
import { type CommonOptions, commonOptions } from './common-options.ts';
import { type Configuration, type Configured, configure } from './configuration.ts';
import type { Io } from './io.ts';
import { readSpecFiles } from './spec-files.ts';
import { layoutOf, namedTarget } from './target.ts';

export interface InstallOptions extends CommonOptions {
  root?: string;
  nginx?: string;
  /** Read in place of the files of `spec`: what one of them is to become. */
  sources?: readonly SpecSource[];
}

export const installOptions = (yargs: Argv): Argv =>
  hereOptions(yargs).option('root', {
    type: 'string',
    requiresArg: true,
    describe: "nginx's folder, or the root of an image's file system (where the installed nginx reads)",
  });

/** Without --root: for the nginx of this machine. */
export const hereOptions = (yargs: Argv): Argv =>
  commonOptions(yargs).option('nginx', {
    type: 'string',
    requiresArg: true,
    describe: 'the nginx that is installed for, and tested with',
  });

export interface Installation {
  readonly place: InstallFolder;
  /** The nginx of this machine; undefined where none is installed. */
  readonly binary: NginxBinary | undefined;
  readonly configuration: Configuration;
  readonly rendered: Rendered;
  readonly certificates: readonly NeededCertificate[];
}

export type Prepared =
  | { readonly ok: true; readonly installation: Installation }
  | { readonly ok: false; readonly findings: Pick<Configuration, 'diagnostics' | 'ignored'> };

/** @throws KeepgateError root-missing, root-link, target-* (1), nginx-missing, nginx-not-runnable (4) */
export async function prepare(argv: InstallOptions, io: Io): Promise<Prepared> {
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const configured: Configured = await configure(argv.sources ?? (await readSpecFiles(argv.spec ?? [], io)), {
    allowRaw: argv.allowRaw,
    layout: (spec) => layoutOf(spec.nginx, place.folder),
    target: (spec, places) => {
      const target = namedTarget({}, spec.nginx, places, io) ?? binary?.target;
      if (target !== undefined) return target;
      throw new KeepgateError(4, {
        code: 'nginx-missing',
        message: 'no nginx is installed here, and the spec names none to render for',
        help: 'Name the one that will read the files: nginx: {target: "1.26.3"}, or --nginx BIN',
      });
    },
  });
  if (!configured.ok) return { ok: false, findings: { diagnostics: configured.diagnostics, ignored: [] } };
  const { configuration } = configured;
  if (reaches(configuration.diagnostics, 'error')) return { ok: false, findings: configuration };
  const { resolved, target } = configuration;
  const rendered =
    argv.templates === undefined
      ? render(resolved.model, target)
      : (await import('./template-files.ts')).renderWithTemplates(argv.templates, resolved.model, target, io);
  const certificates = neededCertificates(resolved);
  return { ok: true, installation: { place, binary, configuration, rendered, certificates } };
}

/** The nginx of --nginx, else the installed one. */
export async function nginxHere({ nginx }: Pick<InstallOptions, 'nginx'>, io: Io): Promise<NginxBinary | undefined> {
  const { findNginx, inspectNginx } = await import('../nginx/binary.ts');
  const path = nginx === undefined ? await findNginx(io.env) : resolvePath(io.cwd, nginx);
  return path === undefined ? undefined : inspectNginx(path);
}

export function goalOf(installation: Installation): { wanted: Wanted; manifest: string; origin: Origin } {
  const { rendered } = installation;
  return { wanted: rendered, manifest: manifestText(rendered.manifest), origin: originIn(installation) };
}

/** A site's link is called as its file. */
function originIn({ rendered, configuration }: Installation): Origin {
  const { places, resolved } = configuration;
  return (path) => {
    const file = rendered.files.find((one) => posix.basename(one.path) === posix.basename(path));
    const site = resolved.expanded.find(({ name }) => name === file?.site);
    const at = site && places.locate(['sites', site.specName], 'key');
    return at && [{ message: 'the file of this site belongs there', at }];
  };
}

/**
 * The names of certificates that nginx would not find in the store; none where the folder is nobody's file system.
 * @throws KeepgateError root-link (1)
 */
export function missingCertificates({ place, certificates }: Pick<Installation, 'place' | 'certificates'>): string[] {
  const { fileSystem } = place;
  if (fileSystem === undefined) return [];
  return certificates
    .filter((needed) => !isServed(insideRoot(fileSystem, storeOf(needed.certificate)), nameOf(needed)))
    .map(nameOf);
}

/** Makes them, each in the store that the spec says, below the file system. @throws KeepgateError of the store (4) */
export async function makeStandIns(
  { place, certificates }: Pick<Installation, 'place' | 'certificates'>,
  names: readonly string[],
  io: Io,
): Promise<void> {
  const needed = certificates.filter((certificate) => names.includes(nameOf(certificate)));
  for (const root of new Set(needed.map(({ certificate }) => storeOf(certificate)))) {
    const store = openStore(insideRoot(place.fileSystem ?? '', root));
    await withLock(store, { wait: 10_000 }, async () => {
      for (const one of needed.filter(({ certificate }) => storeOf(certificate) === root)) {
        const name = nameOf(one);
        const kind = one.selfSigned ? 'self-signed' : 'stand-in';
        // Somebody may have issued it while the lock was waited for.
        if (!isServed(store.held, name)) serveStandIn(store, { name, hosts: one.hosts, kind }, io.now());
      }
    });
  }
}
