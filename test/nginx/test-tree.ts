import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { selfSigned } from '../../src/certs/self-signed.ts';
import type { TestResult, TestTree } from '../../src/nginx/sandbox.ts';

const { certificate, key } = selfSigned(['a.example']);

export const paths = {
  site: '/etc/nginx/sites-available/a',
  link: '/etc/nginx/sites-enabled/a',
  certificate: '/var/lib/keepgate/a/fullchain.pem',
  key: '/var/lib/keepgate/a/privkey.pem',
};

/** One site file, linked as on Debian, with its certificate. */
export function treeOf(text: string, more: Partial<TestTree> = {}): TestTree {
  return {
    files: [{ path: paths.site, text }],
    links: [{ path: paths.link, to: paths.site }],
    standIns: { certificates: [paths.certificate], keys: [paths.key], certificatePem: certificate, keyPem: key },
    names: [],
    raw: false,
    ...more,
  };
}

/** A server block with the certificate; `more` stands in it. */
export const server = (more = ''): string => `server {
    listen 80;
    listen [::]:80;
    listen 443 ssl;
    server_name a.example;
    ssl_certificate     ${paths.certificate};
    ssl_certificate_key ${paths.key};
    ${more}
}
`;

/** Messages as one line each. */
export function said(result: TestResult): string {
  if (result.outcome === 'failed') return `${result.diagnostic.code}: ${result.diagnostic.message}`;
  return result.messages
    .map(({ level, text, file, line }) => `${level}: ${text}${file === undefined ? '' : ` @ ${file}:${line}`}`)
    .join('\n');
}

/**
 * A TMPDIR of the test's own, which has to be empty after each test.
 * @returns where to put files that the test makes itself
 */
export function useOwnTemporaryFolder(): { readonly path: string } {
  const folder = { path: '' };
  let temporary = '';
  const before = process.env.TMPDIR;
  beforeAll(() => {
    folder.path = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-test-'));
    temporary = join(folder.path, 'tmp');
    mkdirSync(temporary);
    process.env.TMPDIR = temporary;
  });
  afterEach(() => expect(readdirSync(temporary)).toEqual([]));
  afterAll(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder.path, { recursive: true, force: true });
  });
  return folder;
}
