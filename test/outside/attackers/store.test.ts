/** Root's runs with a store that another user made, reaches, or exchanges: nothing in it is believed that root did not write. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { chain } from '../../ca.ts';
import { times } from '../../everything.ts';
import { keepgateAt } from '../../in-process.ts';
import { runKeepgate } from '../../run-keepgate.ts';
import { SharedMachine } from './machine.ts';
import { attacker, giveAway, isDue, isRoot, stateOf, swapping } from './other-user.ts';

const machine = new SharedMachine();
const host = 'api.example.com';
const { fullchain, leaf } = chain([host], { notBefore: new Date(Date.now() - 86_400_000) });
const keepgate = (...args: string[]) => runKeepgate(args, { cwd: machine.folder });
const enter = (store: string) => keepgate('cert', 'import', 'all.pem', '--name', 'api', '--store', store);

let count = 0;
const next = (name: string): string => {
  count += 1;
  return `${name}${count}`;
};

/** A program of root's that must not run: a forged file names it, since one of the other user's is refused anyhow. */
const ran = machine.at('ran');
beforeAll(async () => {
  writeFileSync(machine.at('hook'), `#!/bin/sh\necho "$0 $*" >> ${ran}\n`, { mode: 0o755 });
  writeFileSync(machine.at('all.pem'), fullchain + leaf.key, { mode: 0o600 });
  const run = await enter('genuine');
  expect(run.exitCode, run.stderr).toBe(0);
});

/** Settings, exports and an account as root's own store has them, with what the other user would like root to do. */
function forge(store: string): void {
  const folder = join(store, 'certificates/api');
  mkdirSync(join(store, 'accounts'), { recursive: true });
  const settings = {
    ...{ names: [host], origin: 'acme', keyType: 'ec-p256', directory: 'https://127.0.0.1:9/directory' },
    ...{ deployHook: machine.at('hook'), challenge: { 'dns-01': { exec: machine.at('hook') } }, skipPreflight: true },
  };
  const kept = {
    ...{ as: 'pem', out: machine.at('roots/forged.pem'), keyOut: machine.at('roots/forged.key'), alias: 'api' },
    ...{ owner: `${attacker}:${attacker}`, password: 'none', hook: machine.at('hook'), fingerprint: 'another' },
  };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  writeFileSync(join(folder, 'exports.json'), JSON.stringify({ version: 1, exports: [kept] }));
}

/** The genuine store copied to where the other user owns it, and forged there. */
function theirStore(): string {
  const store = join(machine.theirs(next('theirs')), 'store');
  cpSync(machine.at('genuine'), store, { recursive: true, verbatimSymlinks: true });
  forge(store);
  execaSync('chown', ['-hR', `${attacker}:${attacker}`, store]);
  return store;
}

const commands: readonly (readonly string[])[] = [
  ['list'],
  ['show', 'api'],
  ['renew', '--no-reload'],
  ['renew', '--no-reload', '--dry-run', '--agree-tos'],
  ['issue', '--host', host, '--no-reload', '--agree-tos', '--skip-preflight', '--directory', 'https://127.0.0.1:9/d'],
  ['export', 'api', '--as', 'pem', '--out', 'taken.pem', '--replace'],
  ['csr', host],
  ['import', 'all.pem', '--name', 'api'],
  ['revoke', 'api'],
  ['timer', '--install', '--units', 'units'],
];

describe.skipIf(!isRoot)("root with a store of another user's", () => {
  it.each(commands.map((words) => [words.join(' '), words] as const))('refuses cert %s', async (_, words) => {
    mkdirSync(machine.at('units'), { recursive: true });
    machine.roots('roots');
    const store = theirStore();
    const before = stateOf(store);
    const run = await keepgate('cert', ...words, '--store', store);
    expect(run.exitCode, run.stderr).toBe(4);
    expect(run.stderr).toContain(
      `store-not-usable: ${store}, in the store of certificates, belongs to user ${attacker}`,
    );
    expect(run.stdout).toBe('');
    expect(stateOf(store)).toEqual(before);
    expect(existsSync(ran)).toBe(false);
    for (const path of ['roots', 'units']) expect(readdirSync(machine.at(path))).toEqual([]);
    expect(existsSync(machine.at('taken.pem'))).toBe(false);
  });

  it('follows no link of theirs to a store of its own', async () => {
    const theirs = machine.theirs(next('theirs'));
    machine.attack(`ln -s ${machine.at('genuine')} ${theirs}/store`);
    const before = stateOf(machine.at('genuine'));
    for (const words of commands) {
      const run = await keepgate('cert', ...words, '--store', `${theirs}/store`);
      expect(run.exitCode, words.join(' ')).toBe(4);
      expect(run.stderr).toContain(
        `${theirs}/store is a symbolic link, and ${theirs}, where it lies, belongs to user ${attacker}`,
      );
    }
    expect(stateOf(machine.at('genuine'))).toEqual(before);
  }, 60_000);

  it('keeps a store of its own below their folder, closed to them', async () => {
    const store = join(machine.theirs(next('theirs')), 'store');
    const run = await enter(store);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stderr).toContain(`store-within-reach: ${store}, `);
    expect(statSync(store)).toMatchObject({ uid: 0, mode: 0o40700 });
    expect((await keepgate('cert', 'list', '--store', store)).stdout).toMatch(/^api +imported/m);
  });
});

describe.skipIf(!isRoot)('root with its own store, in which another user once could write', () => {
  /** What is in the genuine store, but for what a test gives to the other user. */
  function mixed(...theirs: string[]): string {
    const store = machine.at(next('mixed'));
    cpSync(machine.at('genuine'), store, { recursive: true, verbatimSymlinks: true });
    forge(store);
    for (const name of theirs) execaSync('chown', ['-hR', `${attacker}:${attacker}`, join(store, name)]);
    return store;
  }
  const notRun = () => {
    expect(existsSync(ran)).toBe(false);
    expect(readdirSync(machine.roots('roots'))).toEqual([]);
  };

  it.each([
    ['settings.json', 'certificates/api/settings.json'],
    ['exports.json', 'certificates/api/exports.json'],
    ['the folder of the certificate', 'certificates/api'],
    ['the folder of all certificates', 'certificates'],
  ])('believes %s of theirs as little', async (_, name) => {
    machine.roots('roots');
    const store = mixed('certificates/api/exports.json', name);
    const run = await keepgate('cert', 'renew', '--no-reload', '--agree-tos', '--store', store);
    expect(run.exitCode, run.stderr).toBe(4);
    expect(run.stderr).toContain(join(store, name));
    expect(run.stderr).toMatch(/belongs to user 65534/);
    notRun();
  });

  it('signs nothing with an account key that they planted', async () => {
    const store = mixed('accounts', 'certificates/api/exports.json');
    const run = await keepgate('cert', 'renew', '--no-reload', '--agree-tos', '--store', store);
    expect(run.stderr).toContain(`${store}/accounts`);
    expect(run.stderr).toContain('belongs to user 65534');
    notRun();
  });

  it.each(['fullchain.pem', 'privkey.pem', 'meta.json'])('exports no %s of theirs', async (file) => {
    const store = mixed('certificates/api/exports.json', `certificates/api/versions/1/${file}`);
    const run = await keepgate(
      'cert',
      'export',
      'api',
      '--as',
      'pfx',
      '--no-password',
      '--out',
      'x.pfx',
      '--store',
      store,
    );
    expect(run.exitCode, run.stderr).toBe(4);
    expect(run.stderr).toContain('belongs to user 65534');
    expect(existsSync(machine.at('x.pfx'))).toBe(false);
  });

  it.each(['certificates', 'certificates/api', 'certificates/api/versions', 'live'])(
    'follows no link to another store at %s',
    async (name) => {
      const store = mixed();
      rmSync(join(store, 'certificates/api/exports.json'));
      rmSync(join(store, name), { recursive: true });
      symlinkSync(join(machine.at('genuine'), name), join(store, name));
      const run = await keepgate(
        'cert',
        'export',
        'api',
        '--as',
        'pfx',
        '--no-password',
        '--out',
        'x.pfx',
        '--store',
        store,
      );
      expect(run.exitCode, run.stderr).toBe(4);
      expect(run.stderr).toContain(`${join(store, name)}, in the store of certificates, is not a folder`);
      expect(existsSync(machine.at('x.pfx'))).toBe(false);
    },
  );

  it('is refused where a group can write to it', async () => {
    const store = mixed();
    chmodSync(join(store, 'certificates/api'), 0o770);
    const run = await keepgate('cert', 'show', 'api', '--store', store);
    expect(run.stdout + run.stderr).toContain(
      `${store}/certificates/api, in the store of certificates, can be changed by others`,
    );
  });
});

describe.skipIf(!isRoot)("root's store that another user exchanges over and over", () => {
  it('leads root nowhere else', async () => {
    const theirs = machine.theirs(next('theirs'));
    const roots = machine.roots(next('roots'));
    chmodSync(roots, 0o755);
    expect((await enter(`${theirs}/store`)).exitCode).toBe(0);
    machine.attack(`ln -s ${roots} ${theirs}/link`);
    const swapper = await swapping(`${theirs}/store`, `${theirs}/link`);
    let done = 0;
    let refused = 0;
    try {
      for (let round = 0; isDue(round, times(2000, 60), done > 0 && refused > 0); round += 1) {
        const args = round % 2 === 0 ? ['csr', host] : ['import', 'all.pem', '--name', 'api'];
        const { exitCode, stderr } = await keepgateAt(['cert', ...args, '--store', `${theirs}/store`], {
          now: () => new Date(),
          cwd: machine.folder,
        });
        expect(stderr).not.toContain('defect');
        if (exitCode === 0) done += 1;
        else {
          expect(stderr).toMatch(/store-(not-usable|not-writable|damaged)/);
          refused += 1;
        }
      }
    } finally {
      expect(await swapper.stop()).toBeGreaterThan(0);
    }
    expect(readdirSync(roots)).toEqual([]);
    // What root made where the store was missing for a moment is root's, and closed.
    for (const name of readdirSync(theirs)) {
      const stats = lstatSync(join(theirs, name));
      if (stats.isDirectory()) expect(stats).toMatchObject({ uid: 0, mode: 0o40700 });
    }
    expect(done).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  }, 600_000);
});

it.skipIf(!isRoot)("another user's own store is as it was for that user", async () => {
  const theirs = machine.theirs(next('theirs'));
  giveAway(machine.at('all.pem'));
  const { keepgateAsNobody } = await import('../../cli/as-nobody.ts');
  for (const words of [['import', machine.at('all.pem'), '--name', 'api'], ['list'], ['csr', host]]) {
    const run = await keepgateAsNobody(['cert', ...words, '--store', `${theirs}/store`]);
    expect(run.exitCode, run.stderr).toBe(0);
  }
  expect(statSync(`${theirs}/store`)).toMatchObject({ uid: attacker, mode: 0o40700 });
});
