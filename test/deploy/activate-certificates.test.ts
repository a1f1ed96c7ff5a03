/** New certificates before a running nginx: served, or the ones before are. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CertificateStore,
  liveVersion,
  openStore,
  type StoredVersion,
  versionsOf,
} from '../../src/certs/store.ts';
import { activate } from '../../src/deploy/activate-certificates.ts';
import { inInstallFolder } from '../../src/deploy/install-folder.ts';
import { readJournal } from '../../src/deploy/journal.ts';
import type { NginxInstance } from '../../src/deploy/nginx-instance.ts';
import { testReloadObserve } from '../../src/deploy/reload.ts';
import { askForCertificate } from '../../src/deploy/served-certificate.ts';
import { certificateFiles } from '../../src/model/store-paths.ts';
import { keepOneFresh } from '../keep-one-fresh.ts';
import { nginxOf } from '../parts.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';
import { crashedApply } from './crashed-apply.ts';
import { treeOf } from './rendered.ts';
import { certificate, host, type Machine, startMachine } from './running-nginx.ts';

let machine: Machine;
let ca: SmallCa;
let store: CertificateStore;

/** nginx serves the first certificate of the store. */
beforeEach(async () => {
  machine = await startMachine(nginxOf('bookworm'), certificate());
  ca = await startSmallCa({ now: () => new Date() });
  store = openStore(join(machine.prefix, 'store'));
  mkdirSync(join(machine.prefix, 'webroot'));
  expect(await fresh({ nginx: 'none' })).toMatchObject({ outcomes: [{ result: 'issued' }] });
  const files = certificateFiles(store.root, 'api');
  link('site.pem', files.certificate);
  link('site.key', files.key);
  expect(await testReloadObserve({ instance: machine.instance })).toMatchObject({ outcome: 'reloaded' });
  expect(await served()).toBe(fingerprintOf(version(1)));
});
afterEach(async () => {
  await ca?.stop();
  await machine?.stop();
});

const fresh = (options: { nginx?: 'none' | NginxInstance; force?: boolean }) =>
  keepOneFresh({
    ...{ ca, store, host, webroot: join(machine.prefix, 'webroot'), nginx: machine.instance },
    ...options,
  });

function link(name: string, target: string): void {
  rmSync(join(machine.prefix, name));
  symlinkSync(target, join(machine.prefix, name));
}

function version(number: number): StoredVersion {
  const found = versionsOf(store, 'api').find((one) => one.number === number);
  if (!found) throw new Error(`there is no version ${number}`);
  return found;
}

const fingerprintOf = ({ meta }: StoredVersion) => meta.fingerprint.replaceAll(':', '').toLowerCase();
const served = async () =>
  (await askForCertificate({ host, address: '127.0.0.1', port: machine.port, fingerprint: '' }, 30_000)).served;

/** What is asked for again is switched to, and not ordered again. */
async function switchesAtTheNextRun() {
  const again = await fresh({});
  expect(again).toMatchObject({ outcomes: [{ result: 'switched' }], activation: { outcome: 'reloaded', observed: 1 } });
  expect(ca.orders).toBe(2);
  expect(await served()).toBe(fingerprintOf(version(2)));
  expect(await fresh({})).toMatchObject({ outcomes: [{ result: 'kept' }], activation: undefined });
}

describe('a new certificate', { timeout: 120_000 }, () => {
  it('is served after one reload', async () => {
    const { outcomes, activation } = await fresh({ force: true });
    expect(outcomes).toMatchObject([{ result: 'issued', diagnostics: [] }]);
    expect(activation).toEqual({ outcome: 'reloaded', diagnostics: [], observed: 1 });
    expect(await served()).toBe(fingerprintOf(version(2)));
  });

  it('that nginx -t refuses: the one before is served, and the next run switches to a good one', async () => {
    await fresh({ nginx: 'none', force: true });
    await activate(store, [{ name: 'api', version: version(1) }], { nginx: machine.instance });
    const { folder } = version(2);
    copyFileSync(join(folder, 'fullchain.pem'), join(machine.prefix, 'aside'));
    truncateSync(join(folder, 'fullchain.pem'), 100);
    const result = await activate(store, [{ name: 'api', version: version(2) }], { nginx: machine.instance });
    expect(result).toMatchObject({ outcome: 'put-back', observed: 0 });
    expect(result.diagnostics.map(({ code }) => code)).toContain('change-put-back');
    expect(liveVersion(store, 'api')).toMatchObject({ number: 1 });
    expect(await served()).toBe(fingerprintOf(version(1)));
    copyFileSync(join(machine.prefix, 'aside'), join(folder, 'fullchain.pem'));
    await switchesAtTheNextRun();
  });

  it('while the configuration is broken: the one before is served, the new one stays in the store', async () => {
    machine.http('nonsense;\n');
    const { outcomes, activation } = await fresh({ force: true });
    expect(activation).toMatchObject({ outcome: 'stuck', observed: 0 });
    expect(outcomes).toMatchObject([
      { result: 'failed', error: { exitCode: 4, diagnostic: { code: 'certificate-put-back' } } },
    ]);
    expect(outcomes[0]?.error?.message).toContain('nonsense');
    expect(liveVersion(store, 'api')).toMatchObject({ number: 1 });
    expect(await served()).toBe(fingerprintOf(version(1)));
    machine.http('');
    await switchesAtTheNextRun();
  });

  it('that nginx does not read: the one before is in place again', async () => {
    const pem = join(machine.prefix, 'site.pem');
    for (const name of ['site.pem', 'site.key']) {
      const path = join(machine.prefix, name);
      const real = realpathSync(path);
      rmSync(path);
      copyFileSync(real, path);
    }
    const { outcomes, activation } = await fresh({ force: true });
    expect(activation).toMatchObject({ outcome: 'put-back', observed: 0 });
    expect(activation?.diagnostics.map(({ code }) => code)).toEqual([
      'reload-certificate-not-served',
      'change-put-back',
    ]);
    expect(outcomes).toMatchObject([{ result: 'failed', error: { diagnostic: { code: 'certificate-put-back' } } }]);
    expect(liveVersion(store, 'api')).toMatchObject({ number: 1 });
    expect(readFileSync(pem, 'utf8')).toBe(readFileSync(join(version(1).folder, 'fullchain.pem'), 'utf8'));
    const files = certificateFiles(store.root, 'api');
    link('site.pem', files.certificate);
    link('site.key', files.key);
    await switchesAtTheNextRun();
  });

  it('that another server block hides: said, and on disk the one before is in place again', async () => {
    const hiding = certificate();
    writeFileSync(join(machine.prefix, 'other.pem'), hiding.certificate);
    writeFileSync(join(machine.prefix, 'other.key'), hiding.key);
    const files = 'ssl_certificate other.pem; ssl_certificate_key other.key;';
    machine.http(`server { listen 127.0.0.1:${machine.port} ssl; server_name ${host}; ${files} return 200 other; }\n`);
    const { outcomes, activation } = await fresh({ force: true });
    // Even that one is hidden now: the block came with this reload.
    expect(activation).toMatchObject({ outcome: 'stuck', observed: 0 });
    expect(outcomes).toMatchObject([{ result: 'failed', error: { diagnostic: { code: 'certificate-put-back' } } }]);
    expect(outcomes[0]?.error?.message).toContain(`${host} at 127.0.0.1:${machine.port} does not serve`);
    expect(liveVersion(store, 'api')).toMatchObject({ number: 1 });
    machine.http('');
    expect(await testReloadObserve({ instance: machine.instance })).toMatchObject({ outcome: 'reloaded' });
    await switchesAtTheNextRun();
  });
});

it('puts back what a crashed apply has left before it has nginx read', async () => {
  const folder = join(machine.prefix, 'etc');
  crashedApply(folder, { half: 8080 });
  const { activation } = await fresh({ nginx: { ...machine.instance, folder }, force: true });
  expect(activation).toMatchObject({ outcome: 'reloaded', diagnostics: [{ code: 'crash-recovered' }] });
  expect(await inInstallFolder(folder, readJournal)).toBeUndefined();
  expect(Object.keys(treeOf(folder)).filter((path) => !path.startsWith('.keepgate/'))).toEqual([]);
});
