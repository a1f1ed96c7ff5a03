import { KeepgateError } from '../diagnostic.ts';
import type { SpecSource } from '../spec/document.ts';
import { loadSpec, type Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import type { Io } from './io.ts';
import { readSpecFiles } from './spec-files.ts';

/**
 * The spec of these files, keepgate.yaml for none: for commands that need one and have other things to report.
 * @throws KeepgateError the first finding of a spec with errors (1)
 */
export async function validSpec(paths: readonly string[], io: Io): Promise<{ spec: Spec; places: Places }> {
  return validSpecIn(await readSpecFiles(paths, io));
}

/** The same of what was read already. @throws KeepgateError as `validSpec` does */
export function validSpecIn(sources: readonly SpecSource[]): { spec: Spec; places: Places } {
  const { spec, places, diagnostics } = loadSpec(sources);
  if (spec) return { spec, places };
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  throw wrong ? new KeepgateError(1, wrong) : new TypeError('a spec that is not valid has a finding that says why');
}
