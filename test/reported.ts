import { readFileSync } from 'node:fs';
import { configureFor } from '../src/cli/configuration.ts';
import { report } from '../src/cli/report/index.ts';
import type { Diagnostic } from '../src/diagnostic.ts';
import type { LintResult } from '../src/lint/index.ts';
import type { Target } from '../src/model/target.ts';
import type { SpecSource } from '../src/spec/document.ts';
import { loadSpec } from '../src/spec/load.ts';

const modules = ['http_ssl_module', 'http_v2_module', 'http_realip_module'];

const usual: Target = { version: '1.26.3', openssl: '3.5.1', modules: [...modules, 'http_v3_module'] };

/**
 * `# target: 1.22.1 openssl 3.0.15 modules http_v3_module` in the first line of a spec, or a whole target in braces; nginx
 * 1.26.3 when nothing is said.
 */
export function targetOf(text: string): Target {
  const whole = /^# target: (\{.*\})\n/.exec(text)?.[1];
  if (whole !== undefined) return JSON.parse(whole);
  const [, version, openssl = '3.5.1', more = ''] =
    /^# target: (\S+)(?: openssl (\S+))?(?: modules (.+))?\n/.exec(text) ?? [];
  return version === undefined
    ? usual
    : { version, openssl, modules: [...modules, ...more.split(' ').filter(Boolean)] };
}

export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly ignored: LintResult['ignored'];
  /** The report that a person gets. */
  readonly text: () => string;
}

/** What keepgate has to say about specs before anything is rendered, the rules of lint among it. */
export function findingsIn(sources: readonly SpecSource[], target: Target = usual): Findings {
  const { spec, places, diagnostics } = loadSpec(sources);
  const result = spec && configureFor(spec, places, target, { allowRaw: false, layout: () => 'debian' });
  const found = result === undefined ? { diagnostics } : result.ok ? result.configuration : result;
  const ignored = result?.ok ? result.configuration.ignored : [];
  const all = [...diagnostics, ...(result ? found.diagnostics : [])];
  return { diagnostics: all, ignored, text: () => report('text', all, { color: false, ignored }) };
}

/** The same for one file of a fixture folder, which is named without the folder. */
export function findingsOf(folder: string, file: string): Findings {
  const bytes = readFileSync(`${folder}/${file}`);
  return findingsIn([{ file, bytes }], targetOf(bytes.toString()));
}
