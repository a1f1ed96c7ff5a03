/** What undo.json says of one file of a backup. */
import type { IniLineChange } from './notes-ini.ts';

export const iniName = 'notes.ini';

export interface Kept {
  readonly path: string;
  /** The file with what was there; null when there was none. */
  readonly kept: string | null;
  readonly mode: number;
  /** SHA-256 of what the change made of it; null when it took the file away. */
  readonly after: string | null;
  /** Of notes.ini, which Domino itself writes to all the time: the one line that is keepgate's. */
  readonly line?: IniLineChange;
}

/** Whoever owns the data folder can write a record: it names files of ours and no others. */
export function isKept(value: Partial<Kept> | null): value is Kept {
  const { path, kept, mode, after, line } = value ?? {};
  return (
    typeof path === 'string' &&
    /^(notes\.ini|keepconfig\.d\/[\w.-]+\.json)$/.test(path) &&
    (kept === null || (typeof kept === 'string' && /^\d+$/.test(kept))) &&
    typeof mode === 'number' &&
    (mode & ~0o777) === 0 &&
    (after === null || typeof after === 'string') &&
    (path === iniName ? isLineOrNone(line?.before) && isLineOrNone(line?.after) : line === undefined)
  );
}

/** Of one line, a byte for each character. */
function isLineOrNone(value: unknown): boolean {
  if (typeof value !== 'string') return value === null;
  return Buffer.from(value, 'latin1').toString('latin1') === value && !/[\r\n]/.test(value) && !value.includes('\0');
}
