/** All that a proxy in front of the API changes on its side, and what speaks against it. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Change } from './change.ts';
import type { Folder } from './folder.ts';
import type { Layers } from './overlay.ts';
import { overlayChange } from './overlay-change.ts';
import { type FrontProxy, proxyEdits, proxyProblems, timeoutEdits } from './proxy-settings.ts';
import { readConfig } from './read-keepconfig.ts';

export interface ProxyPlanOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** The API compares whole origins by regular expressions; else host names. */
  readonly wholeOrigins: boolean;
  /** The folder stands for one on another machine. */
  readonly elsewhere: boolean;
}

const proxyFile = 'keepgate-proxy.json';
const timeoutFile = 'keepgate-timeout.json';

/** Reads; changes nothing. @throws KeepgateError domino-folder (1), domino-file-kind (1) */
export function planProxy(
  folder: Folder,
  proxy: FrontProxy,
  { environment, wholeOrigins, elsewhere }: ProxyPlanOptions,
): { readonly changes: readonly Change[]; readonly diagnostics: readonly Diagnostic[] } {
  const config = readConfig(folder, elsewhere);
  const others = config.overlays.filter(({ name }) => name !== proxyFile && name !== timeoutFile);
  const written = [
    { file: proxyFile, edits: proxyEdits(proxy, { wholeOrigins }, { overlays: others, environment }) },
    { file: timeoutFile, edits: timeoutEdits(proxy) },
  ].map((each) => ({ ...each, result: overlayChange(folder, each.file, each.edits) }));
  const done = written.flatMap(({ file, result }) => (result.ok ? [{ file, ...result }] : []));
  const layers: Layers = {
    overlays: [...others, ...done.map(({ file, settings }) => ({ name: file, settings }))],
    environment,
  };
  const timeout = done.find(({ file }) => file === timeoutFile);
  return {
    changes: done.map(({ change }) => change),
    diagnostics: [
      ...config.diagnostics,
      ...written.flatMap(({ result }) => (result.ok ? [] : [result.diagnostic])),
      ...proxyProblems(proxy, written, layers),
      ...(timeout && Object.keys(timeout.settings).length > 1 ? [notAlone(folder)] : []),
    ],
  };
}

const notAlone = (folder: Folder): Diagnostic => ({
  code: 'domino-not-alone',
  severity: 'error',
  message: `${folder.shown}/keepconfig.d/${timeoutFile} has other keys beside httpIdleTimeout, which has to stand alone in its file`,
  help: 'Move them to another file of keepconfig.d.',
});
