/** `cert issue` from the command line to the store, with the real pebble in both versions. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyTypeOf } from '../../src/certs/keys.ts';
import { Workplace } from '../cli/workplace.ts';
import { type Pebble, startPebble } from '../pebble.ts';

const timeout = 180_000;
let stores = 0;

interface Document {
  readonly certificates: readonly { name: string; result: string; error?: { code: string; message: string } }[];
}

describe.each(['bookworm', 'forky'] as const)('pebble of Debian %s', (suite) => {
  const place = new Workplace();
  const eab = { 'kid-1': Buffer.from('a key of thirty-two bytes, or so').toString('base64url') };
  let pebble: Pebble;
  let closed: Pebble;
  beforeAll(async () => {
    const profiles = {
      default: { description: 'the usual', validityPeriod: 7_776_000 },
      shortlived: { description: 'six days', validityPeriod: 518_400 },
    };
    pebble = await startPebble({ suite, alternateRoots: 2, ...(suite === 'forky' && { profiles }) });
    closed = await startPebble({ suite, eab });
  }, timeout);
  afterAll(async () => {
    await Promise.all([pebble?.stop(), closed?.stop()]);
  });

  const issue = async (words: readonly string[], { ca = pebble, store = `store-${suite}-${stores++}` } = {}) => {
    const account = ['--directory', ca.directory, '--ca-file', ca.caFile, '--agree-tos', '--store', store];
    const args = ['cert', 'issue', ...account, '--skip-preflight', '--no-reload', '--format', 'json', ...words];
    const run = await place.keepgate(args, { timeout: 120_000 });
    const document = run.stdout === '' ? undefined : (JSON.parse(run.stdout) as Document);
    return { ...run, document, store: join(place.folder, store), relative: store };
  };
  const standalone = (ca = pebble) => ['--http-port', String(ca.httpPort)];
  const certificate = (store: string, name: string) =>
    new X509Certificate(readFileSync(join(store, 'live', name, 'fullchain.pem')));

  it.each(['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'])(
    'a key of type %s',
    async (keyType) => {
      const words = ['--host', 'api.example.com', '--host', 'www.example.com', '--key-type', keyType, ...standalone()];
      const { exitCode, stderr, document, store } = await issue(words);
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(document?.certificates).toMatchObject([{ name: 'api.example.com', result: 'issued' }]);
      const key = createPrivateKey(readFileSync(join(store, 'live/api.example.com/privkey.pem')));
      expect(keyTypeOf(key)).toBe(keyType);
      const leaf = certificate(store, 'api.example.com');
      expect(leaf.checkPrivateKey(key)).toBe(true);
      expect(leaf.subjectAltName).toBe('DNS:api.example.com, DNS:www.example.com');
    },
    timeout,
  );

  it(
    'addresses of both kinds',
    async () => {
      const { exitCode, stderr, store } = await issue([
        ...['--host', '127.0.0.1', '--host', '[::1]', '--name', 'box', ...standalone()],
      ]);
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(certificate(store, 'box').subjectAltName).toBe('IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
    },
    timeout,
  );

  it(
    'through a folder that a server on port 80 serves',
    async () => {
      const { createServer } = await import('node:http');
      const webroot = join(place.folder, `webroot-${suite}`);
      mkdirSync(webroot);
      const server = createServer((request, response) => {
        try {
          response.end(readFileSync(join(webroot, request.url ?? '')));
        } catch {
          response.writeHead(404).end();
        }
      });
      await new Promise<void>((resolve) => server.listen(pebble.httpPort, '127.0.0.1', resolve));
      try {
        const { exitCode, stderr } = await issue(['--host', 'folder.example.com', '--webroot', webroot]);
        expect(stderr).toBe('');
        expect(exitCode).toBe(0);
      } finally {
        server.close();
      }
      expect(readdirSync(join(webroot, '.well-known/acme-challenge'))).toEqual([]);
    },
    timeout,
  );

  it(
    'a wildcard beside its own name, through a hook',
    async () => {
      const hook = place.write(
        `hook-${suite}/hook`,
        `#!/bin/sh
case $1 in
present) path=set-txt ;;
cleanup) path=clear-txt ;;
esac
body="{\\"host\\":\\"$2\\",\\"value\\":\\"$3\\"}"
exec "${process.execPath}" -e 'fetch(process.argv[1], { method: "POST", body: process.argv[2] })' "${pebble.dnsManagementUrl}/$path" "$body"
`,
        0o755,
      );
      chmodSync(join(place.folder, `hook-${suite}`), 0o755);
      chmodSync(place.folder, 0o755);
      const { exitCode, stderr, store, relative } = await issue([
        ...[
          '--host',
          '*.wild.example.com',
          '--host',
          'wild.example.com',
          '--name',
          'wild',
          '--dns-exec',
          hook,
          '--resolver',
          pebble.dns,
        ],
      ]);
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(certificate(store, 'wild').subjectAltName).toBe('DNS:*.wild.example.com, DNS:wild.example.com');
      // The name server is remembered: without it, nobody could see that the records are there.
      const renewed = await place.keepgate(['cert', 'renew', '--force', '--no-reload', '--store', relative], {
        timeout,
      });
      expect(renewed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('wild: issued') });
    },
    timeout,
  );

  it(
    'a CA that wants an external account',
    async () => {
      const kid = place.write('eab.kid', 'kid-1\n', 0o600);
      const key = place.write('eab.key', `${eab['kid-1']}\n`, 0o600);
      const words = ['--host', 'eab.example.com', ...standalone(closed)];
      const refused = await issue(words, { ca: closed });
      expect(refused.exitCode).toBe(1);
      expect(refused.document?.certificates[0]?.error?.code).toBe('acme-external-account-required');
      const taken = await issue([...words, '--eab-kid-file', kid, '--eab-key-file', key], { ca: closed });
      expect(taken.stderr).toBe('');
      expect(taken.exitCode).toBe(0);
    },
    timeout,
  );

  it(
    'the chain that is preferred, or none',
    async () => {
      const alternate = new X509Certificate(await pebble.root(1));
      const wanted = /CN=(.*)/.exec(alternate.subject)?.[1] ?? '';
      const words = ['--host', 'chain.example.com', ...standalone()];
      const { exitCode, store, relative } = await issue([...words, '--preferred-chain', wanted]);
      expect(exitCode).toBe(0);
      const chain = readFileSync(join(store, 'live/chain.example.com/chain.pem'), 'utf8');
      expect(new X509Certificate(chain).issuer).toContain(wanted);
      const orders = () => pebble.log().match(/new-?order|orderForm|Pending order/gi)?.length ?? 0;
      const missing = await issue([...words, '--preferred-chain', 'Nobody Root', '--force'], { store: relative });
      expect(missing.exitCode).toBe(1);
      expect(missing.document?.certificates[0]?.error).toMatchObject({ code: 'preferred-chain-missing' });
      const before = orders();
      const again = await issue([...words, '--preferred-chain', wanted], { store: relative });
      expect(again.exitCode).toBe(0);
      expect(orders()).toBe(before);
      expect(readlinkSync(join(store, 'live/chain.example.com'))).toBe('../certificates/chain.example.com/versions/2');
    },
    timeout,
  );

  it.runIf(suite === 'forky')(
    'a profile, or a word about which there are',
    async () => {
      const words = ['--host', 'short.example.com', ...standalone()];
      const { exitCode, store } = await issue([...words, '--profile', 'shortlived']);
      expect(exitCode).toBe(0);
      const { validFrom, validTo } = certificate(store, 'short.example.com');
      expect(Math.round((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000)).toBe(6);
      const wrong = await issue([...words, '--profile', 'shortlifed']);
      expect(wrong.exitCode).toBe(1);
      expect(wrong.document?.certificates[0]?.error).toMatchObject({ code: 'acme-unknown-profile' });
    },
    timeout,
  );

  it(
    'keeps what is fresh, and everything to itself',
    async () => {
      const words = ['--host', 'kept.example.com', ...standalone()];
      const first = await issue(words);
      expect(first.exitCode).toBe(0);
      const again = await issue(words, { store: first.relative });
      expect(again.document?.certificates).toMatchObject([{ name: 'kept.example.com', result: 'kept' }]);
      expect(statSync(first.store).mode & 0o777).toBe(0o700);
      const open = (readdirSync(first.store, { recursive: true }) as string[])
        .map((name) => join(first.store, name))
        .filter((path) => !lstatSync(path).isSymbolicLink() && (lstatSync(path).mode & 0o077) !== 0);
      expect(open).toEqual([]);
    },
    timeout,
  );
});
