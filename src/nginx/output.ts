import { withoutOpensslCodes } from '../tls-failure.ts';
import { printable } from './printable.ts';

/** nginx's log levels, from the least to the most severe. */
export const levels = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'] as const;
export type NginxLevel = (typeof levels)[number];

/** One message of nginx. All strings are safe to print: one line, no control characters. */
export interface NginxMessage {
  readonly level: NginxLevel;
  /** Without the level and the place. */
  readonly text: string;
  /** The configuration file as nginx names it, where it names one. */
  readonly file?: string;
  /** Counts from 1. */
  readonly line?: number;
}

/** What nginx calls itself before what it says; the forks but Angie do as well. */
const program = '(?:nginx|angie)';
const header = new RegExp(
  `^(?:${program}: |\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d )\\[(${levels.join('|')})\\] (?:\\d+#\\d+: (?:\\*\\d+ )?)?`,
);
const verdict = new RegExp(
  `^${program}: (?:the )?configuration file .* (?:syntax is ok|test is successful|test failed)$`,
);
/** What nginx, or a fork of it, says of a configuration that it takes. */
export const successful = new RegExp(`^${program}: configuration file .* test is successful$`, 'm');
const place = /^(.*) in (\/.*?):(\d+)$/s;
const atMost = 1000;

/**
 * Reads what nginx wrote to standard error. Its own verdict lines are dropped, a message that holds a newline (a token of
 * the configuration may) is put together again, a repeated one is kept once, and a line without a level is a `notice`.
 */
export function parseMessages(stderr: string): NginxMessage[] {
  const raw: { level: NginxLevel; text: string }[] = [];
  for (const line of stderr.split(/\r?\n/)) {
    if (line === '' || verdict.test(line)) continue;
    const head = header.exec(line);
    const last = raw.at(-1);
    if (head) raw.push({ level: head[1] as NginxLevel, text: line.slice(head[0].length) });
    else if (last && last.level !== 'notice' && !place.test(last.text)) last.text += ` ${line}`;
    else raw.push({ level: 'notice', text: line });
    if (raw.length > atMost) break;
  }
  const messages = new Map<string, NginxMessage>();
  for (const { level, text } of raw.slice(0, atMost)) {
    const [, said = text, file, line] = place.exec(text) ?? [];
    const message = {
      level,
      text: printable(withoutOpensslCodes(said)),
      ...(file !== undefined && { file: printable(file), line: Number(line) }),
    };
    messages.set(JSON.stringify(message), message);
  }
  return [...messages.values()];
}
