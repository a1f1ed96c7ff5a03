import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../src/certs/lock.ts';
import type { CertificateStore } from '../../src/certs/store.ts';
import { ownIdentity } from '../../src/files/process-identity.ts';
import { bundle } from './bundled.ts';
import { newPath, newStore } from './store-folder.ts';

const free = { wait: 0 };

/** Puts a lock into the store that somebody with this identity took. */
function taken(store: CertificateStore, identity: object): string {
  mkdirSync(join(store.root, 'lock'), 0o700);
  const path = join(store.root, 'lock/1');
  writeFileSync(path, JSON.stringify({ ...ownIdentity(), ...identity }));
  return path;
}

describe('withLock', () => {
  it('gives back what the work gives, and leaves the lock free', async () => {
    const store = newStore();
    expect(await withLock(store, free, async () => 1)).toBe(1);
    await expect(withLock(store, free, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(store, free, async () => 2)).toBe(2);
    expect(readdirSync(join(store.root, 'lock'))).toEqual(['3']);
  });

  it('names the holder when the wait is over', async () => {
    const store = newStore();
    await withLock(store, free, async () => {
      await expect(withLock(store, { wait: 30 }, async () => 0)).rejects.toMatchObject({
        exitCode: 4,
        diagnostic: { code: 'store-locked', message: `process ${process.pid} is at work in the store ${store.root}` },
      });
    });
  });

  it('waits for the holder, and stops when it is told to', async () => {
    const store = newStore();
    const order: string[] = [];
    const first = withLock(store, free, async () => {
      const second = withLock(store, { wait: 60_000 }, async () => order.push('second'));
      const stop = new AbortController();
      const third = withLock(store, { wait: 60_000, signal: stop.signal }, async () => order.push('third'));
      stop.abort(new Error('stopped'));
      await expect(third).rejects.toThrow('stopped');
      order.push('first');
      return { second };
    });
    await (await first).second;
    expect(order).toEqual(['first', 'second']);
  });

  it.each([
    ['whose number another process has now', { start: '1' }],
    ['of an earlier boot', { boot: 'another' }],
    ['that is gone', { pid: 4_194_304 }],
  ])('takes over from a process %s', async (_, identity) => {
    const store = newStore();
    taken(store, identity);
    expect(await withLock(store, free, async () => 'done')).toBe('done');
    expect(readdirSync(join(store.root, 'lock'))).toEqual(['2']);
  });

  it('takes over what a power failure left', async () => {
    const store = newStore();
    writeFileSync(taken(store, {}), '\0\0\0');
    expect(await withLock(store, free, async () => 'done')).toBe('done');
  });

  it('believes another container as long as it shows that it lives', async () => {
    const store = newStore();
    const path = taken(store, { namespace: 'pid:[1]' });
    await expect(withLock(store, free, async () => 0)).rejects.toThrow('of another container,');
    const before = Date.now() / 1000 - 1000;
    utimesSync(path, before, before);
    expect(await withLock(store, free, async () => 'done')).toBe('done');
  });

  it('takes over from a process that was killed, and removes what it left', async () => {
    const store = newStore();
    const script = `
      import { mkdirSync } from 'node:fs';
      import { temporaryIn } from '../files/durable.ts';
      import { withLock } from './lock.ts';
      import { openStore } from './store.ts';
      await withLock(openStore(process.argv[2]), { wait: 0 }, async () => {
        const versions = process.argv[2] + '/certificates/api/versions';
        mkdirSync(versions, { recursive: true });
        mkdirSync(temporaryIn(versions) + '/x', { recursive: true });
        console.log('held');
        await new Promise((resolve) => setTimeout(resolve, 60000));
      });`;
    const child = spawn(process.execPath, [bundle(script, `${newPath()}.mjs`), store.root]);
    await once(child.stdout, 'data');
    await expect(withLock(store, free, async () => 0)).rejects.toThrow(`process ${child.pid} is at work`);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(join(store.root, 'certificates/api/versions'))).toHaveLength(1);
    await withLock(store, free, async () => undefined);
    expect(readdirSync(join(store.root, 'certificates/api/versions'))).toEqual([]);
  });

  it('lets one after the other of many processes count, though some die with the lock', async () => {
    const store = newStore();
    const file = join(store.root, 'count');
    writeFileSync(file, '0');
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { withLock } from './lock.ts';
      import { openStore } from './store.ts';
      const [, , root, file, dies] = process.argv;
      for (let round = 0; round < 25; round += 1) {
        await withLock(openStore(root), { wait: 60000 }, async () => {
          const count = Number(readFileSync(file, 'utf8'));
          if (count % 7 === 3) await new Promise((resolve) => setImmediate(resolve));
          writeFileSync(file, String(count + 1));
          if (dies && round === 20) process.kill(process.pid, 'SIGKILL');
        });
      }`;
    const module = bundle(script, `${newPath()}.mjs`);
    const runs = Array.from({ length: 6 }, (_, index) =>
      once(spawn(process.execPath, [module, store.root, file, index % 2 ? 'dies' : ''], { stdio: 'inherit' }), 'exit'),
    );
    const codes = (await Promise.all(runs)).map(([code]) => code);
    expect(codes).toEqual([0, null, 0, null, 0, null]);
    expect(readFileSync(file, 'utf8')).toBe(String(3 * 25 + 3 * 21));
    expect(readdirSync(join(store.root, 'lock'))).toHaveLength(1);
  });
});
