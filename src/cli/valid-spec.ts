import { KeepgateError } from '../diagnostic.ts';
import { loadSpec, type Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import type { Io } from './io.ts';
import { readSpecFiles } from './spec-files.ts';

/**
 * The spec of these files, keepgate.yaml for none: for commands that need one and have other things to report.
 * @throws KeepgateError the first finding of a spec with errors (1)
 */
export async function validSpec(paths: readonly string[], io: Io): Promise<{ spec: Spec; places: Places }> {
  const { spec, places, diagnostics } = loadSpec(await readSpecFiles(paths, io));
  if (spec) return { spec, places };
  const wrong = diagnostics.find(({ severity }) => severity === 'error');
  throw wrong ? new KeepgateError(1, wrong) : new TypeError('a spec that is not valid has a finding that says why');
}
