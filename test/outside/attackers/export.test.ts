/**
 * Root writes into folders of another user, such as Domino's data folder, while that user plants links there: nothing of root's is
 * read, written or given away.
 */
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { ensureSpec } from '../../../src/cli/up/ensure-spec.ts';
import { KeepgateError } from '../../../src/diagnostic.ts';
import { readSecretFile } from '../../../src/files/secret-file.ts';
import type { NginxBinary } from '../../../src/nginx/binary.ts';
import { chain } from '../../ca.ts';
import { times } from '../../everything.ts';
import { keepgateAt } from '../../in-process.ts';
import { runKeepgate } from '../../run-keepgate.ts';
import { SharedMachine } from './machine.ts';
import { attacker, giveAway, isDue, isRoot, stateOf, swapping } from './other-user.ts';

const machine = new SharedMachine();
const host = 'api.example.com';
const { fullchain, leaf } = chain([host], { notBefore: new Date(Date.now() - 86_400_000) });
const precious = 'precious, and only root may write it\n';
let count = 0;

/** A folder of the other user's, and one of root's beside it that holds what the other one is after. */
function two() {
  count += 1;
  const [theirs, roots] = [machine.theirs(`theirs${count}`), machine.roots(`roots${count}`)];
  for (const name of ['server.crt', 'server.key', 'api.pfx', 'api.jks', 'api.csr'])
    writeFileSync(join(roots, name), precious, { mode: 0o600 });
  const untouched = () => {
    expect(readdirSync(roots).sort()).toEqual(['api.csr', 'api.jks', 'api.pfx', 'server.crt', 'server.key']);
    for (const name of readdirSync(roots)) {
      expect(readFileSync(join(roots, name), 'utf8'), name).toBe(precious);
      expect(statSync(join(roots, name)), name).toMatchObject({ uid: 0, mode: 0o100600 });
    }
  };
  return { theirs, roots, untouched };
}

beforeAll(async () => {
  writeFileSync(machine.at('all.pem'), fullchain + leaf.key, { mode: 0o600 });
  const run = await runKeepgate(['cert', 'import', 'all.pem', '--name', 'api', '--store', 'store'], {
    cwd: machine.folder,
  });
  expect(run.exitCode, run.stderr).toBe(0);
});

const exported = (as: string, out: string, ...more: string[]) =>
  runKeepgate(['cert', 'export', 'api', '--store', 'store', '--as', as, '--out', out, '--replace', ...more], {
    cwd: machine.folder,
    env: { SECRET: 'not a secret' },
  });
const forms = [
  ['pem', 'server.crt', []],
  ['pfx', 'api.pfx', ['--no-password']],
  ['jks', 'api.jks', ['--password-env', 'SECRET']],
] as const;

describe.skipIf(!isRoot)("cert export as root into a folder of another user's", () => {
  it.each(forms)('as %s, it is written for the owner of the folder', async (as, name, more) => {
    const { theirs } = two();
    const run = await exported(as, join(theirs, name), ...more);
    expect(run.exitCode, run.stderr).toBe(0);
    for (const file of readdirSync(theirs))
      expect(statSync(join(theirs, file))).toMatchObject({ uid: attacker, gid: attacker, mode: 0o100600 });
  });

  it.each(forms)('as %s, it follows no link in the place of a folder', async (as, name, more) => {
    const { theirs, roots, untouched } = two();
    machine.attack(`ln -s ${roots} ${theirs}/certs`);
    const run = await exported(as, join(theirs, 'certs', name), ...more);
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain(
      `${theirs}/certs is a symbolic link, and ${theirs}, where it lies, belongs to user 65534`,
    );
    untouched();
  });

  it.each(forms)('as %s, it replaces a link in the place of the file', async (as, name, more) => {
    const { theirs, roots, untouched } = two();
    machine.attack(`ln -s ${roots}/${name} ${theirs}/${name}`);
    const run = await exported(as, join(theirs, name), ...more);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(lstatSync(join(theirs, name)).isFile()).toBe(true);
    untouched();
  });

  it.each(['server.crt', 'server.key'])(
    'puts a file of its own in the place of a second name or a FIFO at %s',
    async (name) => {
      for (const plant of [`: > ${name}; ln ${name} second`, `mkfifo ${name}`]) {
        const { theirs, untouched } = two();
        machine.attack(`cd ${theirs}; ${plant}`);
        const run = await exported('pem', join(theirs, 'server.crt'));
        expect(run.exitCode, run.stderr).toBe(0);
        expect(statSync(join(theirs, name))).toMatchObject({ uid: attacker, nlink: 1 });
        if (existsSync(join(theirs, 'second'))) expect(readFileSync(join(theirs, 'second'), 'utf8')).toBe('');
        untouched();
      }
    },
  );

  it('makes no password of what a link of theirs leads to', async () => {
    const { theirs, roots, untouched } = two();
    machine.attack(`ln -s ${roots}/server.key ${theirs}/secret; ln -s ${roots} ${theirs}/secrets`);
    for (const file of ['secret', 'secrets/server.key']) {
      const run = await exported('pfx', join(theirs, 'api.pfx'), '--password-file', join(theirs, file));
      expect(run.exitCode, run.stderr).toBe(1);
      expect(run.stderr).toMatch(/export-password-missing.* symbolic link/);
    }
    expect(readdirSync(theirs).sort()).toEqual(['secret', 'secrets']);
    untouched();
    // One of root's, and the other user's own, do.
    symlinkSync(machine.at('own'), machine.at('link'));
    writeFileSync(machine.at('own'), 'of root\n', { mode: 0o600 });
    machine.attack(`echo theirs > ${theirs}/plain`);
    for (const file of [machine.at('link'), join(theirs, 'plain')]) {
      const run = await exported('pfx', join(theirs, 'api.pfx'), '--password-file', file);
      expect(run.exitCode, run.stderr).toBe(0);
    }
  });

  it("makes no password of root's file while the folder of the password is exchanged over and over", async () => {
    const { theirs, roots } = two();
    machine.attack(
      `mkdir ${theirs}/secrets; echo theirs > ${theirs}/secrets/server.key; ln -s ${roots} ${theirs}/link`,
    );
    const seen = new Map<string, number>();
    const swapper = await swapping(`${theirs}/secrets`, `${theirs}/link`);
    try {
      for (let round = 0; round < times(200_000, 6000); round += 1) {
        const file = readSecretFile(`${theirs}/secrets/server.key`);
        const found = file.state === 'read' ? file.bytes.toString() : file.state;
        seen.set(found, (seen.get(found) ?? 0) + 1);
      }
    } finally {
      expect(await swapper.stop()).toBeGreaterThan(0);
    }
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['theirs\n', 'unreadable', 'missing']));
    expect([...seen.keys()]).not.toContain(precious);
  }, 600_000);

  it('is not led elsewhere by a renewal either, when the folder was exchanged after the first export', async () => {
    const { theirs, roots, untouched } = two();
    machine.attack(`mkdir ${theirs}/certs`);
    const first = await exported('pfx', join(theirs, 'certs/api.pfx'), '--no-password', '--keep-current');
    expect(first.exitCode, first.stderr).toBe(0);
    machine.attack(`mv ${theirs}/certs ${theirs}/before; ln -s ${roots} ${theirs}/certs`);
    const next = chain([host], { notBefore: new Date(Date.now() - 3_600_000) });
    writeFileSync(machine.at('next.pem'), next.fullchain + next.leaf.key, { mode: 0o600 });
    const run = (...words: string[]) => runKeepgate([...words, '--store', 'store'], { cwd: machine.folder });
    await run('cert', 'import', 'next.pem', '--name', 'api');
    const renewed = await run('cert', 'renew', '--no-reload');
    expect(renewed.stderr).toContain('export-not-current');
    expect(renewed.stderr).toContain(`${theirs}/certs is a symbolic link`);
    expect(renewed.exitCode).toBe(4);
    untouched();
    await exported('pfx', join(theirs, 'before/api.pfx'), '--no-password');
  });

  it('writes nothing outside while the folder is exchanged over and over', async () => {
    const { theirs, roots, untouched } = two();
    machine.attack(`mkdir ${theirs}/certs; ln -s ${roots} ${theirs}/link`);
    let written = 0;
    let refused = 0;
    const swapper = await swapping(`${theirs}/certs`, `${theirs}/link`);
    try {
      const args = ['cert', 'export', 'api', '--store', machine.at('store'), '--as', 'pem', '--replace'];
      for (let round = 0; isDue(round, times(2000, 60), written > 0 && refused > 0); round += 1) {
        const { exitCode, stderr } = await keepgateAt([...args, '--out', `${theirs}/certs/server.crt`], {
          now: () => new Date(),
          cwd: machine.folder,
        });
        expect(stderr).not.toContain('defect');
        expect([0, 4]).toContain(exitCode);
        if (exitCode === 0) written += 1;
        else refused += 1;
      }
    } finally {
      expect(await swapper.stop()).toBeGreaterThan(0);
    }
    untouched();
    expect(written).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  }, 600_000);
});

describe.skipIf(!isRoot)("cert csr --out as root in a folder of another user's", () => {
  const request = (out: string) =>
    runKeepgate(['cert', 'csr', host, '--store', 'requests', '--out', out], { cwd: machine.folder });

  it('writes, and replaces its own', async () => {
    const { theirs } = two();
    for (let round = 0; round < 2; round += 1) expect((await request(join(theirs, 'api.csr'))).exitCode).toBe(0);
    expect(statSync(join(theirs, 'api.csr')).mode).toBe(0o100644);
    expect(readdirSync(theirs)).toEqual(['api.csr']);
  });

  it('follows no link, of a folder or of the file, and waits for no FIFO', async () => {
    const { theirs, roots, untouched } = two();
    writeFileSync(join(roots, 'api.csr'), precious, { mode: 0o600 });
    machine.attack(`ln -s ${roots} ${theirs}/certs; ln -s ${roots}/api.csr ${theirs}/api.csr; mkfifo ${theirs}/fifo`);
    const folder = await request(join(theirs, 'certs/new.csr'));
    expect(folder.exitCode).toBe(4);
    expect(folder.stderr).toContain(`${theirs}, where it lies, belongs to user 65534`);
    for (const name of ['api.csr', 'fifo'])
      expect(await request(join(theirs, name))).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('file-exists'),
      });
    untouched();
  });

  it('overwrites no request of root that a link leads to', async () => {
    const { theirs } = two();
    expect((await request(machine.at('own.csr'))).exitCode).toBe(0);
    const before = readFileSync(machine.at('own.csr'), 'utf8');
    machine.attack(`ln -s ${machine.at('own.csr')} ${theirs}/api.csr`);
    expect((await request(join(theirs, 'api.csr'))).exitCode).toBe(1);
    expect(readFileSync(machine.at('own.csr'), 'utf8')).toBe(before);
  });
});

describe.skipIf(!isRoot)("init as root in a folder of another user's", () => {
  it('follows no link to it', async () => {
    const { theirs, roots, untouched } = two();
    machine.attack(`ln -s ${roots} ${theirs}/specs`);
    const run = await runKeepgate(
      ['init', '--host', host, '--upstream', 'http://127.0.0.1:8080', '--out', join(theirs, 'specs/keepgate.yaml')],
      { cwd: machine.folder },
    );
    expect(run.exitCode).toBe(4);
    expect(run.stderr).toContain(`${theirs}/specs is a symbolic link`);
    untouched();
  });

  it('changes the mode of nothing that is put in the place of what it writes', async () => {
    const { theirs, roots, untouched } = two();
    const swap = `for f in ${theirs}/.keepgate-*.tmp; do ln -sfn ${roots}/server.key "$f"; done 2>/dev/null`;
    await machine.during(swap, async () => {
      for (let round = 0; round < times(2000, 60); round += 1) {
        const { stderr } = await keepgateAt(
          ['init', '--host', host, '--upstream', 'http://127.0.0.1:8080', '--out', `${theirs}/${round}.yaml`],
          { now: () => new Date(), cwd: machine.folder },
        );
        expect(stderr).not.toContain('defect');
      }
    });
    untouched();
  }, 600_000);
});

describe.skipIf(!isRoot)("up --host as root in a folder of another user's", () => {
  const site = (name: string) =>
    `  ${name}:\n    hosts: [${name}.example.com]\n    upstream: "http://127.0.0.1:8080"\n`;
  const wanted = {
    host: ['new.example.com'],
    upstream: '8080',
    agreeTos: false,
    standalone: false,
    format: 'text' as const,
  };
  const nginx: NginxBinary = {
    path: '/usr/sbin/nginx',
    target: { version: '1.22.1', openssl: '3.0.0', modules: ['http_ssl_module', 'http_v2_module'] },
    confDir: undefined,
    configure: [],
  };
  const add = async (cwd: string): Promise<string> => {
    const output = { write: () => true };
    const io = { cwd, env: {}, stdout: output, stderr: output } as unknown as Io;
    try {
      return String(await ensureSpec(wanted, nginx, () => Promise.resolve(0), io));
    } catch (error) {
      if (error instanceof KeepgateError) return error.diagnostic.code;
      throw error;
    }
  };

  it("replaces no spec of root's while the folder is exchanged over and over", async () => {
    const { theirs, roots } = two();
    machine.attack(`mkdir ${theirs}/specs; ln -s ${roots} ${theirs}/link; : > ${theirs}/specs/keepgate.yaml`);
    const own = `version: 1\nsites:\n${site('root')}`;
    writeFileSync(join(roots, 'keepgate.yaml'), own, { mode: 0o600 });
    const before = stateOf(roots);
    const folder = openSync(`${theirs}/specs`, constants.O_RDONLY);
    const given = `version: 1\nsites:\n${site('theirs')}`;
    const spec = `/proc/self/fd/${folder}/keepgate.yaml`;
    const outcomes = new Map<string, number>();
    const swapper = await swapping(`${theirs}/specs`, `${theirs}/link`);
    try {
      for (let round = 0; round < times(2000, 60); round += 1) {
        writeFileSync(spec, given);
        await add(`${theirs}/specs`);
        const outcome = readFileSync(spec, 'utf8') === given ? 'kept' : 'added';
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    } finally {
      expect(await swapper.stop()).toBeGreaterThan(0);
    }
    closeSync(folder);
    expect(stateOf(roots)).toEqual(before);
    expect([...outcomes.keys()].sort()).toEqual(['added', 'kept']);
  }, 600_000);

  it('follows no link to it', async () => {
    const { theirs, roots } = two();
    machine.attack(`ln -s ${roots} ${theirs}/specs`);
    writeFileSync(join(roots, 'keepgate.yaml'), `version: 1\nsites:\n${site('root')}`);
    const before = stateOf(roots);
    expect(await add(join(theirs, 'specs'))).toBe('not-writable');
    expect(stateOf(roots)).toEqual(before);
  });
});

describe.skipIf(!isRoot)("challenges of root's below a folder of another user's", () => {
  it('follow no link', async () => {
    const { httpWebroot } = await import('../../../src/acme/solvers/http-webroot.ts');
    const { theirs, roots, untouched } = two();
    machine.attack(`ln -s ${roots} ${theirs}/www; mkdir -p ${theirs}/real; ln -s ${roots} ${theirs}/real/.well-known`);
    const challenge = {
      identifier: { type: 'dns' as const, value: host },
      wildcard: false,
      token: 'token',
      keyAuthorization: 'answer',
      dnsValue: '',
    };
    for (const root of ['www', 'real'])
      await expect(httpWebroot(join(theirs, root)).present(challenge)).rejects.toMatchObject({
        diagnostic: { code: 'webroot-not-usable', message: expect.stringContaining(`${theirs}/${root}`) },
      });
    untouched();
    mkdirSync(join(theirs, 'fine'));
    giveAway(join(theirs, 'fine'));
    await httpWebroot(join(theirs, 'fine')).present(challenge);
    expect(readFileSync(join(theirs, 'fine/.well-known/acme-challenge/token'), 'utf8')).toBe('answer');
  });
});

describe.skipIf(!isRoot)('cert export as root of files that are named', () => {
  it('gives away no key that another user only points at', async () => {
    const { theirs, roots } = two();
    writeFileSync(join(roots, 'server.key'), leaf.key, { mode: 0o600 });
    writeFileSync(join(theirs, 'chain.pem'), fullchain);
    machine.attack(`ln -s ${roots}/server.key ${theirs}/key.pem`);
    const files = ['--cert', join(theirs, 'chain.pem'), '--key', join(theirs, 'key.pem')];
    const out = ['--as', 'pem', '--out', join(theirs, 'mine.pem'), '--no-password'];
    const run = await runKeepgate(['cert', 'export', ...files, ...out], { cwd: machine.folder });
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('symbolic link that another user') });
    expect(readdirSync(theirs).sort()).toEqual(['chain.pem', 'key.pem']);
  });
});
