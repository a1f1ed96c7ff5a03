/** Changes shown, made or undone, and reported. */
import { type Diagnostic, reaches } from '../../../diagnostic.ts';
import { applyChanges, makeChanges } from '../../../domino/apply-changes.ts';
import { dropBackup, undoing } from '../../../domino/backup.ts';
import { type Change, isSame } from '../../../domino/change.ts';
import { diffOf } from '../../../domino/diff.ts';
import type { Folder } from '../../../domino/folder.ts';
import { exitCode, type Io } from '../../io.ts';
import { tell } from '../cert/tell.ts';

export interface Planned {
  readonly changes: readonly Change[];
  readonly diagnostics: readonly Diagnostic[];
  /** What is to be done next. */
  readonly next: readonly string[];
}

/** With an error among the findings nothing is changed. @throws KeepgateError domino-changed (1), domino-not-writable (4), domino-half-done (4) */
export async function carryOut(
  folder: Folder,
  command: 'tls' | 'proxy',
  { changes, diagnostics, next }: Planned,
  { dryRun }: { dryRun: boolean },
  io: Io,
): Promise<number> {
  const wanted = changes.filter((change) => !isSame(change));
  if (reaches(diagnostics, 'error')) {
    await tell('text', io, { diagnostics });
    return exitCode.wrong;
  }
  if (dryRun) {
    show(wanted, io);
    await tell('text', io, { diagnostics, lines: wanted.length === 0 ? ['nothing would change'] : [] });
    return exitCode.done;
  }
  if (wanted.length === 0) {
    await tell('text', io, { diagnostics, lines: [`nothing to change in ${folder.shown}`, ...next] });
    return exitCode.done;
  }
  const backup = applyChanges(folder, command, wanted);
  const paths = wanted.map(({ path }) => path).join(' and ');
  const lines = [`wrote ${paths} in ${folder.shown}; --undo puts back what was there (${backup})`, ...next];
  await tell('text', io, { diagnostics, lines });
  return exitCode.done;
}

/** @throws KeepgateError domino-nothing-to-undo (1), domino-changed (1), domino-not-writable (4), domino-half-done (4) */
export function undo(folder: Folder, command: 'tls' | 'proxy', { dryRun }: { dryRun: boolean }, io: Io): number {
  const { backup, changes } = undoing(folder, command);
  const wanted = changes.filter((change) => !isSame(change));
  if (dryRun) {
    show(wanted, io);
    return exitCode.done;
  }
  makeChanges(folder, wanted, backup);
  dropBackup(folder, backup);
  const paths = wanted.map(({ path }) => path).join(' and ') || 'nothing: all is as it was';
  io.stderr.write([`put back in ${folder.shown}: ${paths}`, ...consoleCommands].map((line) => `${line}\n`).join(''));
  return exitCode.done;
}

/** What makes a change effective. */
export const consoleCommands: readonly string[] = [
  '',
  "Next, on Domino's console (load restapi instead, if the task doesn't run)",
  '  tell restapi reload',
];

function show(changes: readonly Change[], io: Io): void {
  io.stdout.write(changes.map(diffOf).join(''));
}
