import type { SpecSource } from '../../src/spec/document.ts';
import { type LoadedSpec, loadSpec } from '../../src/spec/load.ts';
import type { Spec } from '../../src/spec/types.gen.ts';

/** A spec that is valid, without its `version: 1`. */
export function load(text: string): { spec: Spec; places: LoadedSpec['places'] } {
  const source: SpecSource = { file: 'keepgate.yaml', bytes: Buffer.from(`version: 1\n${text}`) };
  const { spec, places, diagnostics } = loadSpec([source]);
  if (!spec) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return { spec, places };
}
