/** Files under temporary names beside their places: what comes after is renames alone, which need no room on the disk. */
import { linkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { syncFolder, temporaryIn, writeNew } from './durable.ts';
import { codeOf } from './errno.ts';

/** Whose a file is and who may read it. */
export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export class Staging {
  /** Place → temporary name. */
  readonly #staged = new Map<string, string>();

  /** Writes a file, of mode 0644 unless it is known otherwise, and waits for the disk. */
  file(place: string, contents: string | Uint8Array, { mode = 0o644, uid, gid }: Partial<Attributes> = {}): void {
    const path = this.#beside(place);
    const isOurs = uid === process.geteuid?.() && gid === process.getegid?.();
    const owner = uid === undefined || gid === undefined || isOurs ? undefined : { uid, gid };
    writeNew(path, contents, { mode, ...(owner && { owner }) });
  }

  link(place: string, to: string): void {
    symlinkSync(to, this.#beside(place));
  }

  /** A second name of the file that is there now: putting it back needs no room on the disk. False where that can't be had. */
  keep(place: string): boolean {
    try {
      linkSync(place, this.#beside(place));
      return true;
    } catch (error) {
      this.#staged.delete(place);
      if (['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(error))) return false;
      throw error;
    }
  }

  /** Whether something waits for this place. */
  has(place: string): boolean {
    return this.#staged.has(place);
  }

  /** Puts these, all of them staged before, into their places, and waits until their folders are on the disk. */
  commit(places: readonly string[]): void {
    for (const place of places) {
      const from = this.#staged.get(place);
      if (from === undefined) throw new TypeError(`${place} was not staged`);
      renameSync(from, place);
      // Of two names of one file rename(2) removes none.
      rmSync(from, { force: true });
      this.#staged.delete(place);
    }
    syncFolders(places.map((place) => dirname(place)));
  }

  /** Removes what never came into its place. What the disk refuses to remove waits on. */
  discard(): void {
    for (const [place, path] of this.#staged) {
      rmSync(path, { force: true });
      this.#staged.delete(place);
    }
  }

  #beside(place: string): string {
    const path = temporaryIn(dirname(place));
    this.#staged.set(place, path);
    return path;
  }
}

/** Waits until the names in these folders are on the disk. */
export function syncFolders(folders: readonly string[]): void {
  for (const folder of new Set(folders)) syncFolder(folder);
}
