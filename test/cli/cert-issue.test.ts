/** `cert issue`, `renew` and `revoke` as a person meets them: real processes and a real CA. */
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nobody } from '../../src/nginx/nobody.ts';
import { certificate, startMachine } from '../deploy/running-nginx.ts';
import { nginxOf } from '../parts.ts';
import { type Pebble, startPebble } from '../pebble.ts';
import { isRoot, keepgateAsNobody } from './as-nobody.ts';
import { Workplace } from './workplace.ts';

const timeout = 240_000;
const place = new Workplace();
let pebble: Pebble;
let stores = 0;
beforeAll(async () => {
  pebble = await startPebble();
}, timeout);
afterAll(() => pebble?.stop());

const newStore = () => `store-${stores++}`;
const inPlace = (...path: string[]) => join(place.folder, ...path);
const ca = () => ['--directory', pebble.directory, '--ca-file', pebble.caFile, '--agree-tos'];
const quick = () => ['--skip-preflight', '--no-reload'];
const alone = () => ['--http-port', String(pebble.httpPort)];

/** The exit code and the one document. */
async function cert(words: readonly string[]) {
  const { exitCode, stdout, stderr } = await place.keepgate(['cert', ...words, '--format', 'json'], { timeout });
  expect(stderr).toBe('');
  return { exitCode, document: JSON.parse(stdout) };
}

const issueHost = (host: string, store: string, ...more: string[]) =>
  cert(['issue', '--host', host, '--store', store, ...ca(), ...quick(), ...alone(), ...more]);

/** What the CA has been asked by this process's program so far. */
const requests = () => pebble.log().match(/(GET|POST|HEAD) \//g)?.length ?? 0;

describe('the sites of a spec', () => {
  it(
    'one by its name, then all of them, then none',
    async () => {
      const store = inPlace(newStore());
      const acme = { directory: pebble.directory, caFile: pebble.caFile, agreeToTerms: true, store, keep: 1 };
      const site = (host: string) => ({ hosts: [host], upstream: 'http://127.0.0.1:8080' });
      const sites = { api: site('api.example.com'), files: site('files.example.com') };
      place.write('two/keepgate.yaml', JSON.stringify({ version: 1, acme, sites }));
      const words = ['issue', 'two/keepgate.yaml', ...quick(), ...alone()];
      const results = async (...more: string[]) => {
        const { exitCode, document } = await cert([...words, ...more]);
        expect(exitCode).toBe(0);
        return document.certificates.map(({ name, result }: Record<string, string>) => `${name} ${result}`);
      };
      expect(await results('--name', 'files')).toEqual(['files issued']);
      expect(await results()).toEqual(['api issued', 'files kept']);
      const { document } = await cert(['list', '--store', store]);
      expect(document.certificates).toMatchObject([
        { name: 'api', state: 'ok', certificate: join(store, 'live/api/fullchain.pem'), settings: { keep: 1 } },
        { name: 'files', state: 'ok' },
      ]);
      for (const _ of [2, 3]) expect(await results('--name', 'api', '--force')).toEqual(['api issued']);
      // The one before stays, whatever keep says: a switch that fails goes back to it.
      expect(readdirSync(join(store, 'certificates/api/versions'))).toEqual(['2', '3']);
      const unknown = await cert([...words, '--name', 'fiels']);
      expect(unknown).toMatchObject({ exitCode: 1, document: { error: { code: 'nothing-to-issue' } } });
      expect(unknown.document.error.message).toContain('did you mean "files"?');
    },
    timeout,
  );

  it('a spec that is wrong is reported as one document', async () => {
    place.write('wrong.yaml', 'version: 1\nsites: {api: {hots: [a.example.com]}}\n');
    const { exitCode, document } = await cert(['issue', 'wrong.yaml', ...quick()]);
    expect(exitCode).toBe(1);
    expect(document.error.code).toBe('unknown-key');
  });
});

describe('names of the command line', () => {
  it.each(['a b.example', 'https://a.example', 'a.example:443', '*'])('refuses %j', async (host) => {
    const { exitCode, document } = await cert(['issue', '--host', host, '--store', 'none', ...quick()]);
    expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 2, code: 'wrong-usage' });
    expect(existsSync(inPlace('none'))).toBe(false);
  });

  it.each([
    ['acme-too-many-names', ['--profile', 'tlsserver', ...hosts(26)]],
    ['acme-too-many-names', hosts(101)],
    ['acme-ip-address', ['--host', '192.0.2.1']],
  ])("%s is said before Let's Encrypt is asked", async (code, words) => {
    const { exitCode, document } = await cert(['issue', ...words, '--store', newStore(), ...quick()]);
    expect({ exitCode, code: document.certificates[0].error.code }).toEqual({ exitCode: 1, code });
  });
});

function hosts(count: number): string[] {
  return Array.from({ length: count }, (_, number) => ['--host', `n${number}.example.com`]).flat();
}

it(
  'tells a person how names were proven, and what to do next',
  async () => {
    const store = inPlace(newStore());
    const words = ['cert', 'issue', '--host', 'person.example.com', '--store', store, ...ca(), ...quick(), ...alone()];
    const first = await place.keepgate(words, { timeout });
    const port = `http-01 through a web server of our own on port ${pebble.httpPort} (it was asked for)`;
    expect(first.stdout).toContain(`person.example.com: issued, valid until `);
    expect(first.stdout).toContain(`\n  ${port}\n`);
    expect(first.stderr).toContain(`Next: let a server use it`);
    expect(first.stderr).toContain(`${store}/live/person.example.com/privkey.pem\n`);
    expect(first.stderr).not.toContain('nginx');
    const again = await place.keepgate(words, { timeout, env: { FORCE_COLOR: '1' } });
    expect(again.stdout).toContain('person.example.com: \u001b[2mkept\u001b[22m, valid until ');
    expect(again.stderr).toBe('');
    const plain = await place.keepgate(words, { timeout, env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b');
  },
  timeout,
);

it(
  'asks for agreement to the terms, where it can ask nobody',
  async () => {
    const store = newStore();
    const words = ['issue', '--host', 'terms.example.com', '--store', store, ...ca(), ...quick(), ...alone()];
    const { exitCode, document } = await cert(words.filter((word) => word !== '--agree-tos'));
    expect(exitCode).toBe(1);
    expect(document.certificates[0].error.code).toBe('terms-not-agreed');
    expect(document.certificates[0].error.help).toContain('--agree-tos');
  },
  timeout,
);

describe('on a terminal a person is asked about the terms', () => {
  it.each([
    { answer: 'y', exit: 0, said: 'asked-y.example.com: issued' },
    { answer: 'YES', exit: 0, said: 'asked-yes.example.com: issued' },
    { answer: '', exit: 1, said: 'agrees to its terms' },
    { answer: 'yes, but', exit: 1, said: 'agrees to its terms' },
  ])(
    'and answers $answer',
    async ({ answer, exit, said }) => {
      const host = `asked-${answer.toLowerCase().replace(/\W/g, '') || 'nothing'}.example.com`;
      const words = ['issue', '--host', host, '--store', newStore(), ...ca(), ...quick(), ...alone()];
      const program = [process.execPath, join(import.meta.dirname, '../../dist/bin.js'), 'cert', ...words];
      const command = program.filter((word) => word !== '--agree-tos').map((word) => `'${word}'`);
      const child = execa('script', ['-qec', command.join(' '), '/dev/null'], {
        cwd: place.folder,
        env: { NO_COLOR: '1', FORCE_COLOR: undefined },
        reject: false,
        timeout,
      });
      let shown = '';
      let answered = false;
      child.stdout.on('data', (text) => {
        shown += text;
        if (answered || !shown.includes('Do you agree? [y/N] ')) return;
        answered = true;
        child.stdin.write(`${answer}\n`);
      });
      const { exitCode } = await child;
      expect(shown).toMatch(/The CA's terms of service: \S+\r\nDo you agree\? \[y\/N\] /);
      expect({ exitCode, isSaid: shown.includes(said) }, shown).toEqual({ exitCode: exit, isSaid: true });
    },
    timeout,
  );
});

it('a CA that is not there is an error of the certificate', async () => {
  const words = ['issue', '--host', 'a.example.com', '--store', newStore(), '--directory', 'https://127.0.0.1:1/'];
  const { exitCode, document } = await cert([...words, '--agree-tos', ...quick()]);
  expect(exitCode).toBe(4);
  expect(document.certificates).toMatchObject([{ result: 'failed', error: { code: 'acme-ca-not-reached' } }]);
});

it('a store that can not be made is an error of the run', async () => {
  place.write('file', '');
  const before = requests();
  const { exitCode, document } = await issueHost('a.example.com', 'file/store');
  expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 4, code: 'store-not-writable' });
  expect(requests()).toBe(before);
});

it.runIf(isRoot)(
  'an ordinary user is told of --store before a CA is asked',
  async () => {
    const before = requests();
    const words = ['cert', 'issue', '--host', 'nobody.example.com', '--directory', pebble.directory, '--agree-tos'];
    const { exitCode, stderr } = await keepgateAsNobody(words);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/error store-not-writable: .*\n {2}help: .*--store DIR/);
    expect(requests()).toBe(before);
  },
  timeout,
);

it.runIf(isRoot)(
  "an ordinary user's certificate is in place, and he is told of root's nginx, which is left alone",
  async () => {
    const machine = await startMachine(nginxOf('bookworm'), certificate());
    const before = process.env.PATH;
    try {
      const V = `nginx version: nginx/1.22.1\nconfigure arguments: --pid-path=${machine.instance.pidFile}`;
      const nginx = place.nginx('of-root', { V, otherwise: 'echo not root >&2; exit 1' });
      process.env.PATH = [join(nginx, '..'), before].join(delimiter);
      chmodSync(place.folder, 0o755);
      const store = inPlace(newStore());
      mkdirSync(store, 0o700);
      chownSync(store, nobody, nobody);
      const words = ['cert', 'issue', '--host', 'nobody.example.com', ...ca(), ...alone(), '--skip-preflight'];
      const issued = await keepgateAsNobody([...words, '--store', store]);
      expect(issued).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('nobody.example.com: issued') });
      expect(issued.stderr).toMatch(
        /warning reload-not-permitted: nginx \(pid \d+\) runs as root .*\n {2}help: .*as root/,
      );
      expect(existsSync(join(store, 'live/nobody.example.com/fullchain.pem'))).toBe(true);
      const renewed = await keepgateAsNobody([
        'cert',
        'renew',
        '--force',
        '--skip-preflight',
        '--no-reload',
        '--store',
        store,
      ]);
      expect(renewed).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('nginx') });
    } finally {
      process.env.PATH = before;
      await machine.stop();
    }
  },
  timeout,
);

it(
  'a dry run leaves no trace',
  async () => {
    const store = newStore();
    const hook = place.write('trace/hook', '#!/bin/sh\ntouch "$0.ran"\n', 0o755);
    chmodSync(inPlace('trace'), 0o755);
    chmodSync(place.folder, 0o755);
    const { exitCode, document } = await issueHost('dry.example.com', store, '--dry-run', '--deploy-hook', hook);
    expect(exitCode).toBe(0);
    expect(document).toMatchObject({ dryRun: true, certificates: [{ name: 'dry.example.com', result: 'issued' }] });
    expect(existsSync(inPlace(store))).toBe(false);
    expect(readdirSync(inPlace('trace'))).toEqual(['hook']);
  },
  timeout,
);

it(
  'a preflight error stops before an order is placed',
  async () => {
    await pebble.manage('set-default-ipv4', { ip: '' });
    try {
      const before = pebble.log().length;
      const words = ['issue', '--host', 'lost.example.com', '--store', newStore(), ...ca(), ...alone(), '--no-reload'];
      const { exitCode, document } = await cert([...words, '--resolver', pebble.dns]);
      expect(exitCode).toBe(1);
      expect(document.certificates[0].error.code).toBe('name-without-address');
      expect(pebble.log().slice(before)).not.toMatch(/order-plz/);
    } finally {
      await pebble.manage('set-default-ipv4', { ip: '127.0.0.1' });
    }
  },
  timeout,
);

describe('deploy hooks', () => {
  it(
    'get their variables, once the new one is in place',
    async () => {
      const store = inPlace(newStore());
      const hook = place.write('deploy/hook', '#!/bin/sh\nenv > "$0.env"; ls "$KEEPGATE_LIVE" > "$0.ls"\n', 0o755);
      chmodSync(inPlace('deploy'), 0o755);
      chmodSync(place.folder, 0o755);
      const words = ['--host', 'www.deploy.example.com', '--deploy-hook', hook];
      const { exitCode } = await issueHost('deploy.example.com', store, ...words);
      expect(exitCode).toBe(0);
      const live = join(store, 'live/deploy.example.com');
      const lines = readFileSync(`${hook}.env`, 'utf8').split('\n');
      expect(lines).toEqual(
        expect.arrayContaining([
          'KEEPGATE_NAME=deploy.example.com',
          'KEEPGATE_DOMAINS=deploy.example.com www.deploy.example.com',
          `KEEPGATE_CERTIFICATE=${live}/fullchain.pem`,
          `KEEPGATE_KEY=${live}/privkey.pem`,
          `RENEWED_LINEAGE=${live}`,
        ]),
      );
      expect(readFileSync(`${hook}.ls`, 'utf8')).toContain('fullchain.pem');
    },
    timeout,
  );

  it('that others can write to are refused before a CA is asked', async () => {
    const hook = place.write('open/hook', '#!/bin/sh\n', 0o777);
    const before = requests();
    const { exitCode, document } = await issueHost('open.example.com', newStore(), '--deploy-hook', hook);
    expect({ exitCode, code: document.certificates[0].error.code }).toEqual({ exitCode: 4, code: 'hook-unsafe' });
    expect(requests()).toBe(before);
  });
});

describe('renew and revoke', () => {
  it(
    'skips the preflight, or asks the name server, as it was issued',
    async () => {
      const store = inPlace(newStore());
      const host = 'kept.example.com';
      await pebble.manage('add-a', { host, addresses: ['127.0.0.2'] });
      await issueHost(host, store, '--resolver', pebble.dns);
      const renew = ['renew', '--force', '--no-reload', '--store', store];
      const skipped = await cert(renew);
      expect(skipped).toMatchObject({ exitCode: 0, document: { certificates: [{ result: 'issued' }] } });
      expect(JSON.stringify(skipped.document.certificates)).not.toContain('127.0.0.2');
      const file = join(store, 'certificates', host, 'settings.json');
      const { skipPreflight, ...settings } = JSON.parse(readFileSync(file, 'utf8'));
      expect(skipPreflight).toBe(true);
      writeFileSync(file, JSON.stringify(settings));
      const looked = await cert(renew);
      expect(JSON.stringify(looked.document.certificates)).toContain('127.0.0.2');
    },
    timeout,
  );

  it(
    'knows what the store has',
    async () => {
      const store = newStore();
      await issueHost('known.example.com', store);
      for (const verb of ['renew', 'revoke', 'show']) {
        const { exitCode, document } = await cert([verb, 'knwon.example.com', '--store', store]);
        expect({ exitCode, code: document.error.code }).toEqual({ exitCode: 2, code: 'certificate-unknown' });
        expect(document.error.message).toContain('did you mean "known.example.com"?');
      }
      expect((await cert(['renew', '--store', store])).document.certificates).toMatchObject([{ result: 'kept' }]);
    },
    timeout,
  );

  it.each([
    ["the account's key", []],
    ["the certificate's key", ['--with-certificate-key']],
  ])(
    'with %s; the next renewal gets a new one at once',
    async (_, words) => {
      const store = newStore();
      const first = await issueHost('gone.example.com', store);
      const { serial } = first.document.certificates[0];
      const revoked = await cert([
        'revoke',
        'gone.example.com',
        '--reason',
        'keyCompromise',
        '--store',
        store,
        ...words,
      ]);
      expect(revoked).toMatchObject({ exitCode: 0, document: { name: 'gone.example.com', serial, revoked: true } });
      expect(await pebble.statusOf(serial)).toBe('Revoked');
      const renewed = await cert(['renew', '--store', store, ...quick()]);
      expect(renewed.document.certificates).toMatchObject([{ result: 'issued', version: 2 }]);
      expect(renewed.document.certificates[0].serial).not.toBe(serial);
    },
    timeout,
  );
});
