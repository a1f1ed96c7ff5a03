/** A folder and the folders in it, held for a whole run: none of them is a link, and what is exchanged meanwhile leads nowhere else. */
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './durable.ts';
import { codeOf } from './errno.ts';
import { type HeldFolder, holdBelow, releaseFolder } from './held-folder.ts';
import { whoElse } from './trust.ts';
import { type Distrust, remedyFor, type WalkedFolder, type WalkOptions, walkTo } from './trusted-folder.ts';

export class HeldTree {
  /** The folder's path as messages name it. */
  readonly shown: string;
  readonly #root: WalkedFolder;
  /** Path below the folder → the folder that was found there. */
  readonly #below = new Map<string, HeldFolder>();

  /** `path`: absolute. @throws what `walkTo` does */
  constructor(path: string, options?: WalkOptions) {
    this.shown = path;
    this.#root = walkTo(path, options);
  }

  /** Who else decides what lies there; where anybody does, nothing that is found there is to be believed. */
  get distrust(): Distrust | undefined {
    return this.#root.distrust;
  }

  /** Where it is, without links. */
  get real(): string {
    return this.#root.real;
  }

  /** A path below the folder, as messages name it. */
  at(path: string): string {
    return join(this.shown, path);
  }

  /** The path that a failed file operation is about, as messages name it; undefined where it does not say. */
  nameIn(error: unknown): string | undefined {
    const path = error instanceof Error && 'path' in error ? String(error.path) : '';
    if (path.startsWith(`${this.shown}/`)) return path;
    const known = [...this.#below, ['.', this.#root] as const];
    const found = known.find(([, folder]) => path.startsWith(`${folder.path}/`));
    return found && join(this.at(found[0]), path.slice(found[1].path.length));
  }

  /**
   * The path to work with, for a path below the folder.
   * @throws an error with a code when a folder on the way is missing (ENOENT), a link or something else (ELOOP, ENOTDIR)
   */
  place(path: string): string {
    return join(this.folder(dirname(path)).path, basename(path));
  }

  /** The same; undefined where a folder on the way is missing, or is none: a link has nothing below it. */
  placeIfAny(path: string): string | undefined {
    return this.folderIfAny(dirname(path)) && this.place(path);
  }

  /** A folder below the folder, itself for '' and '.'. @throws as `place` does */
  folder(path: string): HeldFolder {
    if (path === '' || path === '.') return this.#root;
    const known = this.#below.get(path);
    if (known !== undefined) return known;
    try {
      const found = holdBelow(this.folder(dirname(path)), basename(path));
      this.#below.set(path, found);
      return found;
    } catch (error) {
      throw this.#named(path, error);
    }
  }

  /** The same; undefined where there is none, or something else. */
  folderIfAny(path: string): HeldFolder | undefined {
    try {
      return this.folder(path);
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes(codeOf(error))) return undefined;
      throw error;
    }
  }

  /** Who else decides what lies in a folder below the folder, besides those who may change the folder itself. */
  distrustBelow(path: string): Distrust | undefined {
    const folder = this.folderIfAny(path);
    const why = folder && whoElse(folder);
    if (folder === undefined || why === undefined) return undefined;
    return { folder: this.at(path), why, remedy: remedyFor(this.at(path), folder) };
  }

  /** Makes a folder; `syncName` waits until its name is on the disk. */
  make(path: string, mode: number): void {
    mkdirSync(this.place(path), mode);
  }

  syncName(path: string): void {
    syncFolder(this.folder(dirname(path)).path);
  }

  /** Takes a folder away, if it is empty. */
  unmake(path: string): void {
    rmdirSync(this.place(path));
    this.#forget(path);
  }

  /** Takes away what was made on the way to the folder, as far as it is empty. */
  unmakeWay(): void {
    this.#root.unmake();
  }

  /** Looks anew at what is below: another run may have made folders, or taken them away. */
  renew(): void {
    for (const path of [...this.#below.keys()]) this.#forget(path);
  }

  release(): void {
    this.renew();
    this.#root.release();
  }

  /** The system says of a link that it is no folder. */
  #named(path: string, error: unknown): unknown {
    const found = codeOf(error);
    if (found === '') return error;
    const place = found === 'ENOTDIR' && this.placeIfAny(path);
    const isLink = place && lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink();
    const code = isLink ? 'ELOOP' : found;
    return Object.assign(new Error(`${code}: ${this.at(path)}`), { code, path: this.at(path) });
  }

  #forget(path: string): void {
    const folder = this.#below.get(path);
    if (folder !== undefined) releaseFolder(folder);
    this.#below.delete(path);
  }
}
