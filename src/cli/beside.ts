/** A spec beside those that the same folder of nginx holds the sites of. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type InstalledSpecs, installedSpecs } from '../deploy/installed-specs.ts';
import { type Beside, beside, type WantedBeside, wantedBeside } from '../deploy/plan-specs.ts';
import { type Diagnostic, reaches } from '../diagnostic.ts';
import {
  contradictions,
  type MachineSettings,
  type Neighbour,
  noSpec,
  type SpecRecord,
  type SpecRecords,
  settingsIn,
  sharedTarget,
  specInWords,
} from '../model/claims.ts';
import { expand } from '../model/expand.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Target } from '../model/target.ts';
import { type Rendered, render } from '../render/render.ts';
import type { LoadedSpec } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import { type Configuration, type ConfigurationOptions, configureFor } from './configuration.ts';
import type { Io } from './io.ts';
import type { SpecFile } from './spec-files.ts';

/** A spec that was read, with the name of each file's spec, in the order of the files. */
export interface NamedSpec {
  readonly spec: Spec;
  readonly loaded: LoadedSpec;
  readonly sources: readonly SpecFile[];
  readonly names: readonly string[];
}

export interface BesideOptions extends Pick<ConfigurationOptions, 'allowRaw' | 'layout'> {
  readonly templates: string | undefined;
  readonly adopt: readonly string[];
  readonly prune: boolean;
  /** The nginx that the sites are made for, the one that the spec names, and the one that is known to read the shared file. */
  readonly target: Target;
  readonly written: Target | undefined;
  readonly installed: Target | undefined;
}

export interface Placed {
  readonly configuration: Configuration;
  readonly rendered: Rendered;
  readonly wanted: WantedBeside;
  /** Sites that become this spec's, or go, because --adopt or --prune says so. */
  readonly taken: readonly Neighbour[];
}

export type Placing =
  | ({ readonly ok: true } & Placed)
  | { readonly ok: false; readonly findings: Pick<Configuration, 'diagnostics' | 'ignored'> };

/** What the folder has to hold, for what it holds now. @throws KeepgateError manifest-damaged (1), out-not-usable (4), of templates (1) */
export function placeBeside(folder: string, named: NamedSpec, options: BesideOptions, io: Io): () => Promise<Placing> {
  let last: { readonly text: string; readonly placing: Placing } | undefined;
  return async () => {
    const installed = installedSpecs(folder);
    const text = JSON.stringify(installed);
    if (last?.text !== text) last = { text, placing: await placing(installed, named, options, io) };
    return last.placing;
  };
}

/**
 * What other specs have in a folder that nothing is written to, and what this one can't have beside it. A spec without a name is taken for the
 * one that has its sites.
 */
export function lookBeside(
  folder: string,
  named: Omit<NamedSpec, 'names'> & { readonly names: readonly string[] | undefined },
): { readonly others: SpecRecords; readonly diagnostics: readonly Diagnostic[] } {
  const { spec, loaded, names = [] } = named;
  const sites = new Set(expand(spec, loaded.places).sites.map(({ name }) => name));
  const adopt = named.names === undefined ? [...sites] : [];
  const around = beside(installedSpecs(folder).records, { specs: new Set(names), sites, adopt, prune: false });
  return {
    others: around.others,
    diagnostics: disputes({ ...around, unknown: [] }, { ...named, names }, { installed: true }),
  };
}

async function placing(installed: InstalledSpecs, named: NamedSpec, options: BesideOptions, io: Io): Promise<Placing> {
  const { spec, loaded, names } = named;
  const { places } = loaded;
  const sites = new Set(expand(spec, places).sites.map(({ name }) => name));
  const around = beside(installed.records, { ...options, specs: new Set(names), sites });
  const said: MachineSettings = options.written ? { target: options.written } : {};
  const reader = sharedTarget(options.installed, [said, ...settingsIn(around.others)]);
  const configured = configureFor(spec, places, options.target, {
    ...options,
    others: around.others,
    installed: reader,
  });
  if (!configured.ok) return { ok: false, findings: { diagnostics: configured.diagnostics, ignored: [] } };
  const { configuration } = configured;
  const diagnostics = [
    ...configuration.diagnostics,
    ...disputes(around, named, { ...said, installed: options.installed !== undefined }),
    ...withoutSpec(around),
  ];
  if (reaches(diagnostics, 'error')) return { ok: false, findings: { ...configuration, diagnostics } };
  const { resolved, target } = configuration;
  const rendered =
    options.templates === undefined
      ? render(resolved.model, target)
      : (await import('./template-files.ts')).renderWithTemplates(options.templates, resolved.model, target, io);
  const records = { ...around.others, ...ownRecords(resolved, named, said) };
  const { files, links, manifest } = rendered;
  const list = { ...manifest, target: reader ?? target };
  const wanted = wantedBeside({ files, links, manifest: list }, installed.manifest, records);
  return { ok: true, configuration: { ...configuration, diagnostics }, rendered, wanted, taken: around.taken };
}

function ownRecords(
  resolved: Resolved,
  { spec, loaded, sources, names }: NamedSpec,
  { target }: MachineSettings,
): SpecRecords {
  const { places, values } = loaded;
  const nameOf = (file: string): string => names[sources.findIndex((source) => source.file === file)] ?? names[0] ?? '';
  const siteSpec = (specName: string): string => nameOf(places.file(['sites', specName]));
  const { defaultServer, store } = resolved.settings;
  const storeFrom = spec.acme?.store ? nameOf(places.file(['acme'])) : siteSpec(resolved.expanded[0]?.specName ?? '');
  const settingsOf = (name: string): MachineSettings => ({
    ...(nameOf(places.file(['nginx'])) === name && {
      ...(defaultServer && { defaultServer }),
      ...(target && { target }),
    }),
    ...(store !== undefined && storeFrom === name && { store }),
  });
  const records = [...new Set(names)].map((name): [string, SpecRecord] => {
    const said = values.filter((_, index) => names[index] === name);
    const sites = resolved.expanded.flatMap(({ name: site, specName }, index) => {
      const claim = resolved.claims[index];
      return claim && siteSpec(specName) === name ? [[site, claim] as const] : [];
    });
    return [name, { digest: digestOf(said), settings: settingsOf(name), sites: Object.fromEntries(sites) }];
  });
  return Object.fromEntries(
    records.filter(([, { sites, settings }]) => Object.keys({ ...sites, ...settings }).length > 0),
  );
}

/** Of what the files of a spec say. */
export function digestOf(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

/** What two specs can't both have, each with both sides and the way out. */
function disputes(
  { conflicts, unknown, others }: Beside,
  { spec, loaded, names }: NamedSpec,
  { target, installed }: { readonly target?: Target; readonly installed: boolean },
): Diagnostic[] {
  const { places } = loaded;
  const bySite = new Map(expand(spec, places).sites.map(({ name, specName }) => [name, specName]));
  const defaultServer = spec.nginx?.defaultServer;
  const own = { ...(defaultServer && { defaultServer }), ...(target && { target }) };
  return [
    ...conflicts.map(({ site, spec: other }): Diagnostic => {
      const at = places.locate(['sites', bySite.get(site) ?? site], 'key');
      return {
        code: 'site-of-another-spec',
        severity: 'error',
        message: `the site "${site}" belongs to ${specInWords(other)} already`,
        help: wayOut(site, other, names),
        site,
        ...(at && { at }),
      };
    }),
    ...unknown.map(
      (name): Diagnostic => ({
        code: 'adopt-unknown',
        severity: 'error',
        message: `--adopt ${name}: this spec has no site of that name, and no spec here is called so`,
        help: 'See what is installed, and from which spec: keepgate status',
      }),
    ),
    ...contradictions(own, others, { installed }).map(({ setting, said, other, spec: neighbour }): Diagnostic => {
      const at = places.locate(['nginx', setting]);
      return {
        code: 'setting-of-another-spec',
        severity: 'error',
        message: `nginx.${setting} is ${said} here and ${other} in ${specInWords(neighbour)}; a machine has one`,
        help:
          neighbour === noSpec
            ? 'Name its sites in this spec, or take them out: keepgate remove SITE'
            : 'Let one of them say it: take it out of the other, since what a spec does not say agrees with anything.',
        ...(at && { at }),
      };
    }),
  ];
}

/** They stay, whether or not they were of this spec once. */
function withoutSpec({ others }: Beside): Diagnostic[] {
  const sites = Object.keys(others[noSpec]?.sites ?? {}).sort();
  if (sites.length === 0) return [];
  const [is, it] = sites.length === 1 ? ['is a site', 'It stays'] : ['are sites', 'They stay'];
  return [
    {
      code: 'site-without-spec',
      severity: 'info',
      message: `${sites.join(', ')} ${is} without a known spec, such as 0.1.0 installed`,
      help: `${it} as installed until a spec has a site of that name. To take one out: keepgate remove SITE; all: --prune`,
    },
  ];
}

function wayOut(site: string, other: string, names: readonly string[]): string {
  const adopt = `keepgate apply --adopt ${site}`;
  const isBelow = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
  if (other !== noSpec && other.startsWith('/') && !existsSync(other))
    return `That file is gone. Where this spec has taken its place: ${adopt}`;
  if (names.some((name) => isBelow(name, other)))
    return `That is a folder which holds this file: apply the folder. Or let the file have the site from now on: ${adopt}`;
  if (names.some((name) => isBelow(other, name)))
    return `That file lies in the folder given here. To have the folder's spec hold the site from now on: ${adopt}`;
  return `Give one of the two another name. Where this spec takes the other's place: ${adopt}`;
}
