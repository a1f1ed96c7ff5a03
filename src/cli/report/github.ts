import type { Diagnostic } from '../../diagnostic.ts';
import { visible } from '../../visible.ts';
import { lines } from './lines.ts';
import type { ReportOptions } from './options.ts';
import { repositoryPath } from './path.ts';

const commands = { error: 'error', warning: 'warning', info: 'notice' };

/** Workflow commands of GitHub Actions, one a line, which become annotations. */
export function github(diagnostics: readonly Diagnostic[], { root }: ReportOptions): string {
  return diagnostics.map((diagnostic) => `${command(diagnostic, root)}\n`).join('');
}

function command(diagnostic: Diagnostic, root: string | undefined): string {
  const { code, severity, at } = diagnostic;
  const place = at && {
    file: repositoryPath(at.file, root),
    line: at.line,
    col: at.column,
    endColumn: at.column + at.length,
  };
  const properties = { ...place, title: `keepgate ${code}` };
  const list = Object.entries(properties).map(([key, value]) => `${key}=${property(visible(String(value)))}`);
  return `::${commands[severity]} ${list.join(',')}::${data(lines(diagnostic, root).map(visible).join('\n'))}`;
}

const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
