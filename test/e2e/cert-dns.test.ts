/** dns-01 from the command line and from a spec, to a real CA that asks a real name server. */
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bind, startBind } from '../acme/bind.ts';
import { Workplace } from '../cli/workplace.ts';
import { type Pebble, startPebble } from '../pebble.ts';

const timeout = 120_000;
const place = new Workplace();
let stores = 0;
let bind: Bind;
/** Asks BIND. */
let pebble: Pebble;
/** Asks a name server that has none of the records. */
let elsewhere: Pebble;
beforeAll(async () => {
  bind = await startBind(
    { 'example.test': '_acme-challenge.far CNAME far.validation.test.', 'validation.test': '' },
    { resolving: true },
  );
  [pebble, elsewhere] = await Promise.all([startPebble({ dns: bind.server }), startPebble()]);
}, timeout);
afterAll(() => Promise.all([pebble?.stop(), elsewhere?.stop(), bind?.stop()]));

const updates = (zone = 'example.test') => ({ server: bind.server, zone, keyFile: bind.keyFiles['hmac-sha256'] });
const updateOptions = (zone?: string) => {
  const { server, keyFile, ...rest } = updates(zone);
  return ['--dns-server', server, '--dns-zone', rest.zone, '--dns-key-file', keyFile];
};
const newStore = () => `store-${stores++}`;

async function cert(...words: string[]) {
  const { exitCode, stdout, stderr } = await place.keepgate(['cert', ...words, '--format', 'json'], { timeout });
  expect(stderr).toBe('');
  return { exitCode, first: JSON.parse(stdout).certificates[0] };
}

const issue = (store: string, hosts: readonly string[], challenge: readonly string[], ca = pebble) =>
  cert(
    ...['issue', '--store', store, ...hosts.flatMap((host) => ['--host', host]), ...challenge],
    ...['--directory', ca.directory, '--ca-file', ca.caFile, '--agree-tos', '--resolver', bind.server, '--no-reload'],
  );

const renew = (store: string) => cert('renew', '--force', '--no-reload', '--store', store);

const namesIn = (store: string, name: string) =>
  new X509Certificate(readFileSync(join(place.folder, store, 'live', name, 'cert.pem'))).subjectAltName;

it(
  'a name and its wildcard by updates of the zone, and their renewal',
  async () => {
    const store = newStore();
    const { exitCode, first } = await issue(store, ['api.example.test', '*.api.example.test'], updateOptions());
    expect(first).toMatchObject({ result: 'issued', proof: { type: 'dns-01' } });
    expect(exitCode).toBe(0);
    expect(namesIn(store, 'api.example.test')).toBe('DNS:api.example.test, DNS:*.api.example.test');
    expect(await bind.txt('_acme-challenge.api.example.test')).toEqual([]);
    expect(await renew(store)).toMatchObject({ exitCode: 0, first: { result: 'issued', proof: { type: 'dns-01' } } });
    expect(await bind.txt('_acme-challenge.api.example.test')).toEqual([]);
  },
  timeout,
);

it(
  'a site of a spec by updates of the zone, and its renewal',
  async () => {
    const store = newStore();
    const challenge = { 'dns-01': { rfc2136: updates() } };
    const acme = { directory: pebble.directory, caFile: pebble.caFile, agreeToTerms: true, challenge };
    const sites = { wild: { hosts: ['wild.example.test', '*.wild.example.test'], upstream: 'http://127.0.0.1:8080' } };
    const spec = place.write('spec/keepgate.yaml', JSON.stringify({ version: 1, acme, sites }));
    const words = ['--store', store, '--resolver', bind.server, '--no-reload'];
    const { exitCode, first } = await cert('issue', spec, ...words);
    expect(first).toMatchObject({ name: 'wild', result: 'issued', proof: { type: 'dns-01' } });
    expect(exitCode).toBe(0);
    expect(namesIn(store, 'wild')).toContain('DNS:*.wild.example.test');
    expect(await renew(store)).toMatchObject({ exitCode: 0, first: { result: 'issued' } });
  },
  timeout,
);

it(
  'a name whose record a CNAME leads to another zone, by updates of that',
  async () => {
    const store = newStore();
    const { exitCode, first } = await issue(store, ['far.example.test'], updateOptions('validation.test'));
    expect(first).toMatchObject({ result: 'issued' });
    expect(exitCode).toBe(0);
    expect(await bind.txt('far.validation.test')).toEqual([]);
  },
  timeout,
);

it(
  'a name whose record a CNAME leads elsewhere, through a hook',
  async () => {
    await elsewhere.setCname('_acme-challenge.led.example.test', 'led.validation.test');
    const hook = place.write(
      'hook/hook',
      `#!/bin/sh
echo "$1 $2" >>'${place.folder}/hooked'
case $1 in
present) path=set-txt ;;
cleanup) path=clear-txt ;;
esac
exec '${process.execPath}' -e 'fetch(process.argv[1], { method: "POST", body: JSON.stringify({ host: process.argv[2], value: process.argv[3] }) })' "${elsewhere.dnsManagementUrl}/$path" "$2" "$3"
`,
      0o755,
    );
    for (const folder of [join(place.folder, 'hook'), place.folder]) chmodSync(folder, 0o755);
    const challenge = ['--dns-exec', hook, '--resolver', elsewhere.dns];
    const { exitCode, first } = await cert(
      ...['issue', '--store', newStore(), '--host', 'led.example.test', ...challenge, '--no-reload'],
      ...['--directory', elsewhere.directory, '--ca-file', elsewhere.caFile, '--agree-tos'],
    );
    expect(first).toMatchObject({ result: 'issued' });
    expect(exitCode).toBe(0);
    expect(readFileSync(join(place.folder, 'hooked'), 'utf8')).toBe(
      'present led.validation.test.\ncleanup led.validation.test.\n',
    );
  },
  timeout,
);

it(
  'a record that the CA does not find: what to look at is the record, not port 80',
  async () => {
    const { exitCode, first } = await issue(newStore(), ['*.lost.example.test'], updateOptions(), elsewhere);
    expect(exitCode).toBe(1);
    expect(first.error).toMatchObject({
      code: 'authorization-failed',
      message: expect.stringContaining('*.lost.example.test: '),
      help: expect.stringContaining('dig _acme-challenge.lost.example.test TXT'),
    });
    expect(first.error.help).not.toContain('http://');
    expect(await bind.txt('_acme-challenge.lost.example.test')).toEqual([]);
  },
  timeout,
);
