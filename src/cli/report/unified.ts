/** Changes of files as a unified diff, in colour on a terminal. */
import { styleText } from 'node:util';
import { createTwoFilesPatch } from 'diff';
import type { FileChange } from '../../deploy/file-changes.ts';
import { visible } from '../../visible.ts';

const colors = { '+': 'green', '-': 'red', '@': 'cyan' } as const;
const verbs: Readonly<Record<FileChange['action'], string>> = {
  create: 'new',
  change: 'changed',
  enable: 'enabled',
  disable: 'disabled',
  remove: 'removed',
};

/** One change, as `patch -p0` could take it below the folder; its first line says in words what it is. */
export function unified(change: FileChange): string {
  const { path, before, after } = change;
  const patch = createTwoFilesPatch(
    before === '' ? '/dev/null' : path,
    after === '' ? '/dev/null' : path,
    before,
    after,
    undefined,
    undefined,
    { context: 3 },
  );
  return patch.replace(/^(Index: .*\n)?=+\n/, '');
}

export function unifiedText(changes: readonly FileChange[], folder: string, color: boolean): string {
  return changes.map((change) => `${heading(change, folder, color)}\n${painted(unified(change), color)}`).join('\n');
}

function heading({ path, action, conflict }: FileChange, folder: string, color: boolean): string {
  const note = conflict === 'hand-edited' ? ', by hand since keepgate wrote it' : conflict ? ', not keepgate’s' : '';
  const line = `# ${verbs[action]}: ${visible(`${folder}/${path}`)}${note}`;
  return color ? styleText('bold', line, { validateStream: false }) : line;
}

function painted(patch: string, color: boolean): string {
  const lines = patch.split('\n').map((line) => line.split('\t').map(visible).join('\t'));
  if (!color) return lines.join('\n');
  return lines
    .map((line) => {
      const format = /^(---|\+\+\+) /.test(line) ? 'bold' : colors[line[0] as keyof typeof colors];
      return format === undefined ? line : styleText(format, line, { validateStream: false });
    })
    .join('\n');
}
