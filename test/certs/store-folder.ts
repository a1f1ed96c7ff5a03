import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type CertificateStore, openStore } from '../../src/certs/store.ts';
import { chain } from '../ca.ts';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-store-'));
let count = 0;

/** A path that nothing is at, below a folder that goes away with the tests of the file. */
export function newPath(): string {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  count += 1;
  return join(folder, `store${count}`);
}

export const newStore = (): CertificateStore => openStore(newPath());

/** What a CA might issue for these names, with one intermediate. */
export function issued(names: readonly string[], options: Parameters<typeof chain>[1] = {}) {
  const { fullchain, leaf } = chain(names, { notBefore: new Date(Date.now() - 86_400_000), ...options });
  return { fullchain, key: leaf.key, origin: 'acme' as const, names };
}
