/** Changes to files of a data folder, as data. */
import { createHash } from 'node:crypto';
import { KeepgateError } from '../diagnostic.ts';
import { closeFolder, type Folder, folderBelow, type PlainFile, readPlain } from './folder.ts';

/** A file as it is and as it is to be; undefined: there is none. */
export interface Change {
  /** `notes.ini`, or `keepconfig.d/NAME.json`. */
  readonly path: string;
  readonly before: PlainFile | undefined;
  readonly after: PlainFile | undefined;
}

/** What a file's path is below: the folder itself, or one in it. */
export function splitPath(path: string): { below: string | undefined; name: string } {
  const [first = '', second] = path.split('/');
  return second === undefined ? { below: undefined, name: first } : { below: first, name: second };
}

export const isSame = ({ before, after }: Change): boolean =>
  before === undefined || after === undefined
    ? before === after
    : before.bytes.equals(after.bytes) && before.mode === after.mode;

export function readIn(folder: Folder, path: string): PlainFile | undefined {
  const { below, name } = splitPath(path);
  if (below === undefined) return readPlain(folder, name);
  const inner = folderBelow(folder, below);
  if (inner === undefined) return undefined;
  try {
    return readPlain(inner, name);
  } finally {
    closeFolder(inner);
  }
}

export const changedMeanwhile = (folder: Folder, path: string): KeepgateError =>
  new KeepgateError(1, {
    code: 'domino-changed',
    message: `${folder.shown}/${path} was changed by somebody else, and stays as it is`,
    help: 'Look at it, then run the command again.',
  });

export const digest = (file: PlainFile | undefined): string | null =>
  file === undefined ? null : createHash('sha256').update(file.bytes).digest('hex');
