import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ThrowawayFolder {
  /** Absolute. */
  readonly path: string;
  /** Removes it with all that is in it; safe to call twice. */
  remove(): void;
}

/**
 * A new empty folder among the temporary ones. Its mode is 0755 whatever the umask, not mkdtemp's 0700: programs that
 * run as another user (nginx's workers, a sandbox without privileges) have to get in. Keys in it need a mode of their own.
 */
export function throwawayFolder(): ThrowawayFolder {
  const path = join(tmpdir(), `keepgate-${randomBytes(6).toString('hex')}`);
  mkdirSync(path);
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs with a throwaway folder that is gone afterwards, whatever happens. */
export async function withThrowawayFolder<T>(run: (path: string) => T | Promise<T>): Promise<T> {
  const folder = throwawayFolder();
  try {
    return await run(folder.path);
  } finally {
    folder.remove();
  }
}
