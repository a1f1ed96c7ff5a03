/** What diff and apply begin with: a spec, rendered for the nginx whose folder it is installed into. */
import { posix, resolve as resolvePath } from 'node:path';
import type { Argv } from 'yargs';
import { withLock } from '../certs/lock.ts';
import { isServed, serveStandIn } from '../certs/stand-in.ts';
import { openStore } from '../certs/store.ts';
import type { Goal } from '../deploy/apply.ts';
import { insideRoot } from '../deploy/inside-root.ts';
import { type InstallFolder, installFolder } from '../deploy/place.ts';
import type { Origin } from '../deploy/plan.ts';
import { manifestText } from '../deploy/plan-manifest.ts';
import { type NeededCertificate, nameOf, neededCertificates, storeOf } from '../deploy/plan-stand-ins.ts';
import { KeepgateError } from '../diagnostic.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { loadSpec } from '../spec/load.ts';
import { type Placed, placeBeside } from './beside.ts';
import { type CommonOptions, commonOptions } from './common-options.ts';
import type { Configuration } from './configuration.ts';
import type { Io } from './io.ts';
import { readSpecFiles, type SpecFile } from './spec-files.ts';
import { type NameOptions, nameOption, namesOf } from './spec-names.ts';
import { layoutOf, namedTarget } from './target.ts';

export interface InstallOptions extends CommonOptions, NameOptions {
  root?: string;
  nginx?: string;
  /** Read in place of the files of `spec`: what one of them is to become. */
  sources?: readonly SpecFile[];
  adopt?: string[];
  prune?: boolean;
}

export const installOptions = (yargs: Argv): Argv =>
  hereOptions(yargs)
    .option('root', {
      type: 'string',
      requiresArg: true,
      describe: "nginx's folder, or the root of an image's file system (where the installed nginx reads)",
    })
    .option('adopt', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'take over this site of another spec, or all sites of the spec of that name',
    })
    .option('prune', { type: 'boolean', default: false, describe: 'remove the sites of all other specs' });

/** Without --root: for the nginx of this machine. */
export const hereOptions = (yargs: Argv): Argv =>
  nameOption(commonOptions(yargs)).option('nginx', {
    type: 'string',
    requiresArg: true,
    describe: 'the nginx that is installed for, and tested with',
  });

export interface Installation extends Placed {
  readonly place: InstallFolder;
  /** The nginx of this machine; undefined where none is installed. */
  readonly binary: NginxBinary | undefined;
  /** The names of the specs. */
  readonly specs: readonly string[];
  readonly certificates: readonly NeededCertificate[];
  /** The same for what the folder holds by now, which another spec may have changed. */
  readonly again: () => Promise<Prepared>;
}

export type Prepared =
  | { readonly ok: true; readonly installation: Installation }
  | { readonly ok: false; readonly findings: Pick<Configuration, 'diagnostics' | 'ignored'> };

/** @throws UsageError; KeepgateError root-missing, root-link, target-*, manifest-damaged, spec-name (1), nginx-missing, nginx-not-runnable (4) */
export async function prepare(argv: InstallOptions, io: Io): Promise<Prepared> {
  const binary = await nginxHere(argv, io);
  const place = installFolder(argv.root, binary?.confDir, io.cwd);
  const sources = argv.sources ?? (await readSpecFiles(argv.spec ?? [], io));
  const names = namesOf(sources, argv.as);
  const loaded = loadSpec(sources);
  const { spec, places, diagnostics } = loaded;
  if (spec === undefined) return { ok: false, findings: { diagnostics, ignored: [] } };
  const written = namedTarget({}, spec.nginx, places, io);
  const target = written ?? binary?.target;
  if (target === undefined)
    throw new KeepgateError(4, {
      code: 'nginx-missing',
      message: 'no nginx is installed here, and the spec names none to render for',
      help: 'Name the one that will read the files: nginx: {target: "1.26.3"}, or --nginx BIN',
    });
  const placed = placeBeside(
    place.folder,
    { spec, loaded, sources, names },
    {
      allowRaw: argv.allowRaw,
      templates: argv.templates,
      adopt: argv.adopt ?? [],
      prune: argv.prune === true,
      layout: () => layoutOf(spec.nginx, place.folder),
      target,
      written,
      installed: place.live && binary?.target.version === target.version ? binary.target : undefined,
    },
    io,
  );
  const again = async (): Promise<Prepared> => {
    const now = await placed();
    if (!now.ok) return now;
    const certificates = neededCertificates(now.configuration.resolved);
    return { ok: true, installation: { ...now, place, binary, specs: [...new Set(names)], certificates, again } };
  };
  return again();
}

/** The nginx of --nginx, else the installed one. */
export async function nginxHere({ nginx }: Pick<InstallOptions, 'nginx'>, io: Io): Promise<NginxBinary | undefined> {
  const { findNginx, inspectNginx } = await import('../nginx/binary.ts');
  const path = nginx === undefined ? await findNginx(io.env) : resolvePath(io.cwd, nginx);
  return path === undefined ? undefined : inspectNginx(path);
}

export function goalOf(installation: Installation): Pick<Goal, 'wanted' | 'manifest' | 'origin' | 'specs' | 'removes'> {
  const { wanted, specs, taken, configuration } = installation;
  const own = new Set(configuration.resolved.model.sites.map(({ name }) => name));
  const others = taken.map(({ spec }) => spec);
  return {
    wanted,
    manifest: manifestText(wanted.manifest),
    origin: originIn(installation),
    specs: [...new Set([...specs, ...others])].sort(),
    removes: taken.filter(({ site }) => !own.has(site)),
  };
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
