/** What was there before a change, so that it can be undone: keepgate-backup/0001-tls/{undo.json,0,1}. */
import { lstatSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { isTemporary } from '../files/durable.ts';
import { iniName, isKept, type Kept } from './backup-record.ts';
import { type Change, digest, readIn } from './change.ts';
import {
  closeFolder,
  type Folder,
  folderBelow,
  makeFolderBelow,
  type PlainFile,
  readPlain,
  removeBelow,
  removeFolderBelow,
  writePlain,
} from './folder.ts';
import { managementUrl } from './management-host.ts';
import { iniLineChange, undoIniLine } from './notes-ini.ts';

const backups = 'keepgate-backup';
const recordName = 'undo.json';

/** Keeps the files of these changes as they are. Returns where, below the folder. @throws KeepgateError domino-not-writable (4) */
export function keepBackup(folder: Folder, command: string, changes: readonly Change[]): string {
  const all = makeFolderBelow(folder, backups, 0o700);
  try {
    const number = Math.max(0, ...readdirSync(all.path).map((name) => Number.parseInt(name, 10) || 0)) + 1;
    const name = `${String(number).padStart(4, '0')}-${command}`;
    const one = makeFolderBelow(all, name, 0o700);
    try {
      const files = changes.map(({ path, before, after }, index): Kept => {
        if (before) writePlain(one, String(index), { ...before, mode: 0o600, uid: folder.uid, gid: folder.gid });
        const line = path === iniName && { line: iniLineChange(before?.bytes, after?.bytes, managementUrl) };
        return { path, kept: before ? String(index) : null, mode: before?.mode ?? 0, after: digest(after), ...line };
      });
      const bytes = Buffer.from(`${JSON.stringify({ version: 1, files }, null, 2)}\n`);
      writePlain(one, recordName, { bytes, mode: 0o600, uid: folder.uid, gid: folder.gid });
    } finally {
      closeFolder(one);
    }
    return `${backups}/${name}`;
  } finally {
    closeFolder(all);
  }
}

/**
 * The changes that undo the last run of a command, and the backup they come from.
 * @throws KeepgateError domino-nothing-to-undo (1); domino-changed (1) when a file, or the line in notes.ini, was changed since; domino-backup-damaged (4)
 */
export function undoing(folder: Folder, command: string): { readonly backup: string; readonly changes: Change[] } {
  const all = folderBelow(folder, backups);
  const ofCommand = new RegExp(`^\\d+-${command}$`);
  const name =
    all &&
    readdirSync(all.path)
      .filter((entry) => ofCommand.test(entry) && hasRecord(all, entry))
      .sort(byNumber)
      .at(-1);
  if (all === undefined || name === undefined) {
    if (all) closeFolder(all);
    throw new KeepgateError(1, {
      code: 'domino-nothing-to-undo',
      message: `${folder.shown} has no backup of a "keepgate domino ${command}"`,
    });
  }
  const one = folderBelow(all, name);
  closeFolder(all);
  if (one === undefined) throw damaged(folder, name);
  try {
    const changes = recordOf(folder, one, name).map(({ path, kept, mode, after, line }): Change => {
      const now = readIn(folder, path);
      const then = kept === null ? undefined : readPlain(one, kept);
      if (kept !== null && then === undefined) throw damaged(folder, name);
      const before = then && { ...then, mode, ...ownerOf(now, folder) };
      // A run that was cut off left some files as they were.
      if (digest(now) === after || digest(now) === digest(before)) return { path, before: now, after: before };
      const bytes = now && line && undoIniLine(now.bytes, managementUrl, line);
      if (!bytes) throw changedSince(folder, path, name);
      return { path, before: now, after: { ...now, bytes } };
    });
    return { backup: `${backups}/${name}`, changes };
  } finally {
    closeFolder(one);
  }
}

/** Without one it is what a run left that was cut off before it changed anything. */
const hasRecord = (all: Folder, name: string): boolean =>
  lstatSync(`${all.path}/${name}/${recordName}`, { throwIfNoEntry: false }) !== undefined;

/**
 * Takes a backup away, the record first. Names that keepgate didn't make stay, and so does a link: the folder belongs to
 * another user than the one who may be root here. @throws KeepgateError domino-folder (1), domino-not-writable (4)
 */
export function dropBackup(folder: Folder, backup: string): void {
  const all = folderBelow(folder, backups);
  if (all === undefined) return;
  try {
    const name = basename(backup);
    const one = folderBelow(all, name);
    if (one === undefined) return;
    try {
      const ours = readdirSync(one.path).filter((entry) => /^\d+$/.test(entry) || isTemporary(entry));
      for (const entry of [recordName, ...ours]) removeBelow(one, entry);
    } finally {
      closeFolder(one);
    }
    removeFolderBelow(all, name);
  } finally {
    closeFolder(all);
  }
}

const byNumber = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);

const ownerOf = (file: PlainFile | undefined, { uid, gid }: Folder) => ({
  uid: file?.uid ?? uid,
  gid: file?.gid ?? gid,
});

function recordOf(folder: Folder, one: Folder, name: string): Kept[] {
  const bytes = readPlain(one, recordName)?.bytes;
  let record: { version?: unknown; files?: unknown };
  try {
    record = JSON.parse(bytes?.toString('utf8') ?? '');
  } catch {
    throw damaged(folder, name);
  }
  const { version, files } = record ?? {};
  if (version !== 1 || !Array.isArray(files) || !files.every(isKept)) throw damaged(folder, name);
  return files;
}

const changedSince = (folder: Folder, path: string, name: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'domino-changed',
    message: `${path === iniName ? `${managementUrl} in ` : ''}${folder.shown}/${path} was changed since, and stays as it is`,
    help: `What was there before lies in ${folder.shown}/${backups}/${name}: put it back by hand, then run --undo again.`,
  });

const damaged = (folder: Folder, name: string): KeepgateError =>
  new KeepgateError(4, {
    code: 'domino-backup-damaged',
    message: `${folder.shown}/${backups}/${name} is not a backup that keepgate made`,
    help: 'Put the files back by hand; the backup has them as 0, 1 …, in the order of its undo.json.',
  });
