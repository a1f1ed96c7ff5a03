/** What rollback owes the sites that it brings back: their certificates, and a look at what is served. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addressesOf, servedSites, storedCertificates } from '../../src/cli/restored-sites.ts';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { keepgateAt } from '../in-process.ts';

let nginx: InstalledNginx;
beforeEach(async () => {
  nginx = await installNginx('trixie');
});
afterEach(() => nginx.remove());

const timeout = 120_000;
const run = async (...words: string[]) => {
  const at = { cwd: nginx.folder, now: () => new Date() };
  const { exitCode, stdout } = await keepgateAt([...words, ...nginx.own(words[0]), '--format', 'json'], at);
  return { exitCode, ...JSON.parse(stdout) };
};

it('makes a stand-in for a certificate that is gone', { timeout }, async () => {
  nginx.spec({ api: 8080, gone: 8081 });
  await nginx.start();
  expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
  nginx.spec({ api: 8080 });
  expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
  for (const name of ['live', 'stand-in']) rmSync(join(nginx.store, name, 'gone'), { recursive: true });
  expect(await run('rollback')).toMatchObject({ exitCode: 0, outcome: 'installed', standIns: ['gone'] });
  expect(existsSync(join(nginx.store, 'live/gone/fullchain.pem'))).toBe(true);
  expect(await nginx.test()).toBe('');
});

it('reads from the files what has to be served', { timeout }, async () => {
  nginx.spec({ api: 8080 });
  expect(await run('apply', '--sandbox', 'none')).toMatchObject({ exitCode: 0 });
  const text = readFileSync(join(nginx.etc, 'sites-available/keepgate_api.conf'), 'utf8');
  const { http, https } = nginx.ports;
  const certificate = join(nginx.store, 'live/api/fullchain.pem');
  const address = `127.0.0.1:${https}`;
  const site = { hosts: ['api.example.com'], listen: { https: [{ address }] }, tls: { certificate } };
  expect(servedSites([{ path: 'x', text }])).toEqual([site]);
  expect(addressesOf([{ path: 'x', text }])).toEqual([`127.0.0.1:${http}`, address]);
  expect(storedCertificates([site], '')).toEqual([{ certificate, hosts: site.hosts, selfSigned: false }]);
});

it("leaves certificates alone that are not of keepgate's store", () => {
  mkdirSync(join(nginx.folder, 'letsencrypt/archive'), { recursive: true });
  const certificate = join(nginx.folder, 'letsencrypt/live/api/fullchain.pem');
  expect(storedCertificates([{ hosts: ['a.example.com'], listen: { https: [] }, tls: { certificate } }], '')).toEqual(
    [],
  );
});
