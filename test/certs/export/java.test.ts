/** What Java and OpenSSL make of every store: they open it, and a Java server serves the whole chain with it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPool } from '../../../src/acme/pool.ts';
import { makeExport } from '../../../src/certs/export/make.ts';
import { newKey, pemOf } from '../../../src/certs/keys.ts';
import { type Issued, issue } from '../../ca.ts';
import { parts } from '../../parts.ts';

const host = 'domino.example.com';
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-export-'));
const keyTypes = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-4096'] as const;
const stores = [
  { as: 'pfx', password: 'a "b" $c \\d' },
  { as: 'pfx', password: '' },
  { as: 'jks', password: 'secret 6' },
  { as: 'pem', password: '' },
] as const;
const cases = keyTypes.flatMap((keyType) =>
  [1, 2, 3].flatMap((above) => stores.map((store) => ({ keyType, above, ...store }))),
);
const pathOf = ({ keyType, above, as, password }: (typeof cases)[number]): string =>
  join(folder, `${keyType}-${above}-${password === '' ? 'open' : 'closed'}.${as}`);

const dates = { notBefore: new Date(Date.now() - 86_400_000) };
const root = issue({ commonName: 'export root', kind: 'authority', ...dates });
const chainOf = (length: number): Issued[] => {
  const chain: Issued[] = [];
  for (let at = 0; at < length; at += 1)
    chain.unshift(issue({ commonName: `above ${length - at}`, kind: 'authority', issuer: chain[0] ?? root, ...dates }));
  return chain;
};
const chains = [1, 2, 3].map(chainOf);

const ports = new Map<string, number>();
const java = spawn(parts.java, ['-XX:-UsePerfData', join(import.meta.dirname, 'TlsServers.java')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});

beforeAll(async () => {
  const keys = new Map(await Promise.all(keyTypes.map(async (type) => [type, pemOf(await newKey(type))] as const)));
  const make = async (each: (typeof cases)[number]) => {
    const pem = keys.get(each.keyType) ?? '';
    const above = chains[each.above - 1] ?? [];
    const leaf = issue({
      commonName: host,
      names: [host],
      key: { pem },
      ...(above[0] && { issuer: above[0] }),
      ...dates,
    });
    const fullchain = [leaf, ...above].map(({ certificate }) => certificate).join('');
    const made = await makeExport(
      { fullchain, key: pem },
      { as: each.as, password: each.password, alias: 'domino tls' },
    );
    writeFileSync(pathOf(each), made.store, { mode: 0o600 });
    if (made.key) writeFileSync(pathOf(each).replace(/pem$/, 'key'), made.key, { mode: 0o600 });
  };
  await inPool(cases, 2, make);
  const lines = createInterface(java.stdout)[Symbol.asyncIterator]();
  for (const each of cases) java.stdin.write(`${each.as}\t${pathOf(each)}\t${each.password}\n`);
  java.stdin.write('\n');
  for (const each of cases) ports.set(pathOf(each), Number((await lines.next()).value));
}, 180_000);

afterAll(() => {
  java.kill();
  rmSync(folder, { recursive: true, force: true });
});

const names = ({ above }: (typeof cases)[number]): string[] => [
  host,
  ...Array.from({ length: above }, (_, at) => `above ${at + 1}`),
];

it.each(cases)('$as, $keyType, $above above it, password "$password": a Java server serves the chain', async (each) => {
  const sent = await new Promise<string[]>((resolve, reject) => {
    const port = ports.get(pathOf(each)) ?? 0;
    const socket = connect({ host: '127.0.0.1', port, servername: host, ca: root.certificate }, () => {
      const found: string[] = [];
      for (let at = socket.getPeerX509Certificate(); at; at = at.issuerCertificate)
        found.push(at.subject.split('CN=')[1] ?? '');
      socket.destroy();
      resolve(found);
    });
    socket.on('error', reject);
  });
  expect(sent).toEqual(names(each));
});

const stored = cases.filter(({ as }) => as !== 'pem');

/** All of them by keytool within one Java, as each start takes a second; a few by the program itself below. */
it("keytool's -list -v opens every store", async () => {
  const args = ['-XX:-UsePerfData', '--add-exports', 'java.base/sun.security.tools.keytool=ALL-UNNAMED'];
  const env = { ...Object.fromEntries(stores.map(({ password }, at) => [`PASS${at}`, password])), LC_ALL: 'C.UTF-8' };
  const variable = ({ password }: { password: string }) =>
    `PASS${stores.findIndex((each) => each.password === password)}`;
  const input = stored.map((each) => `${pathOf(each)}\t${variable(each)}\n`).join('');
  const { stdout } = await execa(parts.java, [...args, join(import.meta.dirname, 'ListStores.java')], { env, input });
  const said = stdout.split('\0').slice(0, -1);
  expect(said).toHaveLength(stored.length);
  for (const [at, each] of stored.entries()) expectListed(said[at] ?? '', each);
}, 120_000);

const some = stored.filter(({ keyType, above }) => keyType === keyTypes[above] && above !== 2);

it.each(some)('$as, $keyType, $above above it, password "$password": keytool lists it', async (each) => {
  const args = ['-J-XX:-UsePerfData', '-list', '-v', '-keystore', pathOf(each), '-storepass:env', 'PASS'];
  const { stdout } = await execa(parts.keytool, args, { env: { PASS: each.password, LC_ALL: 'C.UTF-8' } });
  expectListed(stdout, each);
});

function expectListed(text: string, { as, password, above, keyType }: (typeof cases)[number]): void {
  const type = as === 'jks' ? 'JKS' : 'PKCS12';
  expect(text, `${as} ${keyType} ${above} "${password}"`).toMatch(new RegExp(`^Keystore type: ${type}$`, 'm'));
  expect(text).toMatch(/^Alias name: domino tls$/m);
  expect(text).toMatch(/^Entry type: PrivateKeyEntry$/m);
  // Without a password keytool leaves out the certificates.
  if (password !== '') expect(text).toContain(`Certificate chain length: ${1 + above}`);
}

it.each(cases.filter(({ as }) => as === 'pfx'))(
  '$keyType, $above above it, password "$password": OpenSSL opens it',
  (each) => {
    const args = ['pkcs12', '-in', pathOf(each), '-nodes', '-passin', 'env:PASS'];
    const env = { ...process.env, PASS: each.password };
    const text = execFileSync('openssl', args, { env, encoding: 'utf8', stdio: 'pipe' });
    expect([...text.matchAll(/^subject=.*CN ?= ?(.*)$/gm)].map(([, name]) => name)).toEqual(names(each));
    expect(text).toContain('friendlyName: domino tls');
    expect(text).toContain('BEGIN PRIVATE KEY');
  },
);
