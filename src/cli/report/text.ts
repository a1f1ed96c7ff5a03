import { styleText } from 'node:util';
import type { Diagnostic, Location } from '../../diagnostic.ts';
import { visible } from '../../visible.ts';
import { frame } from './frame.ts';
import type { ReportOptions } from './options.ts';
import { summarize } from './summary.ts';

type Format = Parameters<typeof styleText>[0];
type Paint = (format: Format, text: string) => string;

const colors = { error: 'red', warning: 'yellow', info: 'cyan' } as const;

/** For a person: each finding with its place in the source, then one line that counts them. */
export function text(diagnostics: readonly Diagnostic[], { color, ignored }: ReportOptions): string {
  const paint: Paint = color ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
  const findings = diagnostics.map((diagnostic) => finding(diagnostic, paint).join('\n'));
  return `${[...findings, inWords(diagnostics, ignored.length)].join('\n\n')}\n`;
}

function finding({ code, severity, message, help, at, related = [], site }: Diagnostic, paint: Paint): string[] {
  const about = at ? place(at) : site && `site ${visible(site)}`;
  const color = colors[severity];
  const head = [
    ...(about ? [paint('bold', `${about}:`)] : []),
    paint([color, 'bold'], severity),
    `${paint('bold', `${visible(code)}:`)} ${visible(message)}`,
  ];
  return [
    head.join(' '),
    ...(at ? framed(at, paint, color) : []),
    ...related.flatMap((other) => [
      `  ${paint('bold', `${place(other.at)}:`)} ${paint('blue', 'note:')} ${visible(other.message)}`,
      ...framed(other.at, paint, 'blue'),
    ]),
    ...(help ? [`  ${paint('green', 'help:')} ${indented(help)}`] : []),
  ];
}

const place = ({ file, line, column }: Location): string => `${visible(file)}:${line}:${column}`;

function framed(at: Location, paint: Paint, color: Format): string[] {
  const { source, carets } = frame(at);
  const number = String(at.line).padStart(3);
  const gutter = (text: string): string => paint('dim', `${text} |`);
  return [
    `${gutter(number)} ${source}`.trimEnd(),
    `${gutter(' '.repeat(number.length))} ${carets.replace(/\^+/, (run) => paint(color, run))}`,
  ];
}

/** Help may have several lines, such as commands to copy. */
const indented = (help: string): string => help.split('\n').map(visible).join('\n        ');

function inWords(diagnostics: readonly Diagnostic[], ignored: number): string {
  const { errors, warnings, infos, files } = summarize(diagnostics, ignored);
  const counts = [
    ...(errors ? [count(errors, 'error')] : []),
    ...(warnings ? [count(warnings, 'warning')] : []),
    ...(infos ? [count(infos, 'hint')] : []),
  ];
  const found = counts.join(', ') || 'nothing to report';
  const where = files ? ` in ${count(files, 'file')}` : '';
  return `${found}${where}${ignored ? `; ${count(ignored, 'finding')} ignored with a reason` : ''}`;
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`;
