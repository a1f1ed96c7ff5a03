/** What most commands begin with: specs read, merged, resolved for a target, and looked over by the rules. */
import type { Diagnostic } from '../diagnostic.ts';
import { reaches } from '../diagnostic.ts';
import { type LintResult, lint } from '../lint/index.ts';
import { type Resolved, type ResolveOptions, resolve } from '../model/resolve.ts';
import type { Target } from '../model/target.ts';
import type { SpecSource } from '../spec/document.ts';
import { type LoadedSpec, loadSpec } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';

export interface Configuration {
  readonly spec: Spec;
  readonly places: LoadedSpec['places'];
  readonly target: Target;
  readonly resolved: Resolved;
  readonly diagnostics: readonly Diagnostic[];
  readonly ignored: LintResult['ignored'];
}

export type Configured =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

export interface ConfigurationOptions {
  readonly allowRaw: boolean;
  readonly layout: (spec: Spec) => 'debian' | 'conf.d';
  readonly target: (spec: Spec, places: LoadedSpec['places']) => Target | Promise<Target>;
}

/** Stops at the first stage with errors: what follows would only repeat them. */
export async function configure(sources: readonly SpecSource[], options: ConfigurationOptions): Promise<Configured> {
  const { spec, places, diagnostics } = loadSpec(sources);
  if (!spec) return { ok: false, diagnostics };
  const target = await options.target(spec, places);
  return configureFor(spec, places, target, options);
}

/** The same for a spec that is loaded already. */
export function configureFor(
  spec: Spec,
  places: LoadedSpec['places'],
  target: Target,
  options: Pick<ConfigurationOptions, 'allowRaw' | 'layout'> & Pick<ResolveOptions, 'others' | 'installed'>,
): Configured {
  const resolved = resolve(spec, places, { ...options, target, layout: options.layout(spec) });
  const found = lint(spec, places, resolved, target, options.others);
  const diagnostics = [...resolved.diagnostics, ...found.diagnostics];
  if (reaches(resolved.diagnostics, 'error')) return { ok: false, diagnostics };
  return { ok: true, configuration: { spec, places, target, resolved, diagnostics, ignored: found.ignored } };
}
