import type { SpecSource } from '../../../spec/document.ts';
import { type Configured, configure } from '../../configuration.ts';
import type { Io } from '../../io.ts';
import { layoutOf, namedTarget, newestNginx } from '../../target.ts';

/** For the nginx that the spec names or that is installed; without either, for the newest: which certificates there are hardly depends on it. */
export const configureHere = (sources: readonly SpecSource[], io: Io): Promise<Configured> =>
  configure(sources, {
    allowRaw: true,
    layout: ({ nginx }) => layoutOf(nginx),
    target: async ({ nginx }, places) => namedTarget({}, nginx, places, io) ?? (await installedHere(io)),
  });

async function installedHere({ env }: Io) {
  const { findNginx, inspectNginx } = await import('../../../nginx/binary.ts');
  const path = await findNginx(env);
  return path === undefined ? newestNginx : (await inspectNginx(path)).target;
}
