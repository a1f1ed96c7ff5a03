/** Puts the units where systemd finds them, and takes them away. */
import { join } from 'node:path';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { readText } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { removeText, writeText } from '../files/text-file.ts';
import { linkOfAnother } from '../files/trusted-folder.ts';
import { findProgram } from '../nginx/binary.ts';
import { printable } from '../nginx/printable.ts';
import { run } from '../nginx/run.ts';
import { marker, serviceName, timerName, type timerUnits } from './timer-units.ts';

export interface UnitFolder {
  /** Absolute path of the folder of the unit files. */
  readonly folder: string;
  /** Folders that systemctl is looked for in. */
  readonly path: readonly string[];
}

/**
 * Writes the units that differ, and has systemd read them and run the timer: always, since a run that was killed may have come
 * no further than the files. Resolves to the names of those written.
 * @throws KeepgateError timer-foreign (1) when a file of that name was not made here; not-writable (4); systemctl-failed (4)
 */
export async function installTimer(
  units: ReturnType<typeof timerUnits>,
  { folder, path }: UnitFolder,
): Promise<string[]> {
  const files = Object.entries(units).map(([name, text]) => ({ name, file: join(folder, name), text }));
  const changed = files.filter(({ file, text }) => ownText(file) !== text);
  for (const { file, text } of changed) inFolder(folder, () => writeText(file, text, isOurs));
  await systemctl(path, ['daemon-reload'], files);
  await systemctl(path, ['enable', '--now', timerName], files);
  return changed.map(({ name }) => name);
}

/**
 * Stops the timer and removes both units. Resolves to the paths of those that were there.
 * @throws KeepgateError timer-foreign (1), not-writable (4), systemctl-failed (4)
 */
export async function uninstallTimer({ folder, path }: UnitFolder): Promise<string[]> {
  const there = [timerName, serviceName]
    .map((name) => ({ file: join(folder, name) }))
    .filter(({ file }) => ownText(file) !== undefined);
  if (there.length === 0) return [];
  await systemctl(path, ['disable', '--now', timerName], there);
  for (const { file } of there) inFolder(folder, () => removeText(file, isOurs));
  await systemctl(path, ['daemon-reload'], there);
  return there.map(({ file }) => file);
}

const isOurs = (text: string): boolean => text.startsWith(marker);

/** Undefined when it is not there. @throws KeepgateError timer-foreign (1), not-writable (4) */
function ownText(file: string): string | undefined {
  let text: string | undefined;
  try {
    text = readText(file);
  } catch (error) {
    // A link, or no file: not made here.
    if (codeOf(error) !== 'ELOOP') throw notWritable(file, error);
    text = '';
  }
  if (text === undefined || isOurs(text)) return text;
  throw new KeepgateError(1, {
    code: 'timer-foreign',
    message: `${file} was not made by \`keepgate cert timer\`, and stays as it is`,
    help: 'Move it away, or change it by hand: `keepgate cert timer` prints what it would be.',
  });
}

function inFolder(folder: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw notWritable(folder, error);
  }
}

function notWritable(path: string, error: unknown): KeepgateError {
  const code = codeOf(error) || String(error);
  const reason =
    linkOfAnother(error) ??
    { EACCES: 'this user may not write there', ENOENT: 'there is no such folder' }[code] ??
    code;
  const help = code === 'EACCES' ? 'Run it as root: sudo keepgate cert timer --install' : undefined;
  const found: Omit<Diagnostic, 'severity'> = { code: 'not-writable', message: `${path} can't be written: ${reason}` };
  return new KeepgateError(4, { ...found, ...(help !== undefined && { help }) });
}

async function systemctl(
  path: readonly string[],
  args: readonly string[],
  files: readonly { readonly file: string }[],
): Promise<void> {
  const program = findProgram('systemctl', path);
  const said = program ? await run([program, ...args], { timeLimit: 60_000 }) : undefined;
  if (said?.exitCode === 0) return;
  const words = said ? printable(said.stderr, 300) || `exit code ${said.exitCode}` : 'there is no systemctl';
  throw new KeepgateError(4, {
    code: 'systemctl-failed',
    message: `"systemctl ${args.join(' ')}" failed: ${words}`,
    help: `The units are ${files.map(({ file }) => file).join(' and ')}. Where systemd is not what runs services, let cron call \`keepgate cert renew\` twice a day.`,
  });
}
