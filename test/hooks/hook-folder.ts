/** A folder for hooks, and scripts in it: for one test, whatever the umask. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type ThrowawayFolder, throwawayFolder } from '../../src/verify/throwaway.ts';

export function hookFolder() {
  let folder: ThrowawayFolder | undefined;
  beforeEach(() => {
    folder = throwawayFolder();
  });
  afterEach(() => folder?.remove());
  const at = (name: string) => join(folder?.path ?? '', name);
  const script = (body: string, name = 'hook', mode = 0o755) => {
    writeFileSync(at(name), `#!/bin/sh\n${body}\n`);
    chmodSync(at(name), mode);
    return at(name);
  };
  return { at, script };
}
