import type { Diagnostic } from '../diagnostic.ts';
import { type NginxMessage, parseMessages, successful } from '../nginx/output.ts';
import { printable } from '../nginx/printable.ts';
import { run } from '../nginx/run.ts';
import { type NginxInstance, switchesOf } from './nginx-instance.ts';

/** Milliseconds: a thousand sites take one second, a name server that doesn't answer takes many. */
const limit = 60_000;
const severe: ReadonlySet<string> = new Set(['error', 'crit', 'alert', 'emerg']);
/** nginx 1.18 can't be told another log for what precedes the configuration. */
const harmless = /^could not open error log file: /;

/** Whether nginx takes its real configuration, and what it has to say: warnings when it does. */
export interface ConfigurationTest {
  readonly passed: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** What nginx refuses, and where it says so. */
  readonly refused: readonly Pick<NginxMessage, 'text' | 'file'>[];
}

/**
 * `nginx -t` as this user on the configuration that the running one reads, outside of any sandbox: it opens the logs
 * and reads the keys that it names.
 * @throws the signal's reason when it is aborted
 */
export async function testConfiguration(instance: NginxInstance, signal?: AbortSignal): Promise<ConfigurationTest> {
  const result = await run([instance.nginx, '-t', ...switchesOf(instance)], { timeLimit: limit, signal });
  const { stderr, exitCode, timedOut, startError } = result;
  const passed = exitCode === 0 && successful.test(stderr);
  const messages = parseMessages(stderr).filter(({ text }) => !harmless.test(text));
  const told = passed ? messages : messages.filter(({ level }) => severe.has(level));
  const diagnostics = told.map(({ level, text, file, line }) => {
    const place = file === undefined ? '' : ` (${file}:${line})`;
    return passed && !severe.has(level)
      ? warning(`nginx -t warns: ${text}${place}`)
      : refusal(`nginx -t refuses: ${text}${place}`);
  });
  if (passed || diagnostics.length > 0) return { passed, diagnostics, refused: passed ? [] : told };
  const how =
    startError !== undefined && exitCode === undefined
      ? `can't be started (${startError})`
      : timedOut
        ? `did not end within ${limit / 1000} s`
        : `ended with ${result.signal ?? exitCode}: ${printable(stderr, 300) || 'it said nothing'}`;
  return { passed, diagnostics: [refusal(`${printable(instance.nginx)} -t ${how}`)], refused: [] };
}

function refusal(message: string): Diagnostic {
  const help = 'nginx was not reloaded and goes on with the configuration that it has. Look with: nginx -t';
  return { code: 'reload-test-failed', severity: 'error', message, help };
}

function warning(message: string): Diagnostic {
  return { code: 'reload-test-warning', severity: 'warning', message };
}
