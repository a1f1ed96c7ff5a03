/** What apply and up say about the certificates on disk, before anything is written. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chain, issue } from '../ca.ts';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { keepgateAt } from '../in-process.ts';

let nginx: InstalledNginx;
beforeEach(async () => {
  nginx = await installNginx('trixie');
  nginx.spec({ api: 8080 });
});
afterEach(() => nginx.remove());

const timeout = 120_000;
const day = 86_400_000;
const run = async (words: readonly string[], now = new Date()) => {
  const at = { cwd: nginx.folder, now: () => now };
  const { exitCode, stdout } = await keepgateAt([...words, ...nginx.own(words[0]), '--format', 'json'], at);
  return { exitCode, ...JSON.parse(stdout) };
};
const codes = ({ diagnostics }: { diagnostics: { code: string; severity: string }[] }) =>
  diagnostics.map(({ code, severity }) => `${severity} ${code}`);
const installed = (etc = nginx.etc) => existsSync(join(etc, 'conf.d/keepgate.conf'));

function certificate(path: string): void {
  const spec = join(nginx.folder, 'keepgate.yaml');
  const tls = `    tls: {certificate: {cert: ${path}/chain.pem, key: ${path}/key.pem}}\n`;
  writeFileSync(spec, `${readFileSync(spec, 'utf8')}${tls}`);
}

function write(folder: string, pem: string, key: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'chain.pem'), pem);
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 });
}

const good = chain(['api.example.com']);
const times = { notBefore: new Date(Date.now() - 365 * day), notAfter: new Date(Date.now() - day) };
const expired = chain(['other.example.com'], times);
const rsa = issue({ commonName: 'another', names: ['api.example.com'], key: 'rsa-2048' });

describe("a certificate of the user's own", () => {
  it.each([
    ['certificate-expired', expired.fullchain, expired.leaf.key],
    ['certificate-key-mismatch', good.fullchain, rsa.key],
  ])('%s: apply and up refuse it, and write nothing', { timeout }, async (code, pem, key) => {
    const folder = join(nginx.folder, 'own');
    write(folder, pem, key);
    certificate(folder);
    for (const options of [[], ['--no-reload'], ['--dry-run']]) {
      const refused = await run(['apply', ...options]);
      expect(refused.exitCode).toBe(1);
      expect(codes(refused)).toContain(`error ${code}`);
    }
    const up = await run(['up', '--no-timer']);
    expect(up).toMatchObject({ exitCode: 1, stages: [{ name: 'apply', exitCode: 1 }] });
    expect(codes(up.stages[0].result)).toContain(`error ${code}`);
    expect(installed()).toBe(false);
  });

  it('that is a FIFO keeps nobody waiting', { timeout }, async () => {
    const folder = join(nginx.folder, 'own');
    mkdirSync(folder);
    await execa('mkfifo', [join(folder, 'chain.pem'), join(folder, 'key.pem')]);
    certificate(folder);
    const refused = await run(['apply', '--sandbox', 'none']);
    expect(refused.exitCode).toBe(1);
    expect(codes(refused)).toContain('error certificate-not-a-file');
    expect(installed()).toBe(false);
  });

  it('with --root is the one inside of the image', { timeout }, async () => {
    const image = join(nginx.folder, 'image');
    mkdirSync(join(image, 'etc/nginx/conf.d'), { recursive: true });
    const spec = join(nginx.folder, 'keepgate.yaml');
    writeFileSync(spec, readFileSync(spec, 'utf8').replace(/store: .*}/, 'store: /var/lib/keepgate}'));
    certificate('/own');
    const apply = () => run(['apply', '--root', image, '--sandbox', 'none']);
    write(join(image, 'own'), good.fullchain, rsa.key);
    const refused = await apply();
    expect(refused.exitCode).toBe(1);
    expect(codes(refused)).toContain('error certificate-key-mismatch');
    expect(installed(join(image, 'etc/nginx'))).toBe(false);
    write(join(image, 'own'), good.leaf.certificate, good.leaf.key);
    const warned = await apply();
    expect(warned.exitCode).toBe(0);
    expect(codes(warned)).toContain('warning certificate-no-chain');
    expect(installed(join(image, 'etc/nginx'))).toBe(true);
  });
});

it('one of the store that has run out is a warning: what renews it needs the site', { timeout }, async () => {
  const first = await run(['apply', '--sandbox', 'none']);
  expect(first).toMatchObject({ exitCode: 0, standIns: ['api'] });
  expect(codes(first).filter((word) => word.includes('certificate-'))).toEqual([]);
  nginx.spec({ api: 9090 });
  const later = await run(['apply', '--sandbox', 'none'], new Date(Date.now() + 200 * day));
  expect(later).toMatchObject({ exitCode: 0, outcome: 'installed' });
  expect(codes(later)).toContain('warning certificate-expired');
});
