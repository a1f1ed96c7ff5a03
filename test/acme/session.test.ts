/** The whole conversation with the real test CA, in both versions that Debian has. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openSession, type SessionOptions } from '../../src/acme/session.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { type Pebble, startPebble } from '../pebble.ts';
import { httpAnswers } from './http-answers.ts';
import { issueOne } from './issue-one.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());
let made = 0;
const emptyFolder = () => {
  const path = join(folder.path, String(++made));
  mkdirSync(path);
  return path;
};

function open(pebble: Pebble, options: Partial<SessionOptions> = {}) {
  const directory = { name: 'test', url: pebble.directory, caFile: pebble.caFile };
  return openSession({ directory, accounts: emptyFolder(), agreeToTerms: true, ...options });
}

describe.each(['bookworm', 'forky'] as const)('pebble of %s', (suite) => {
  it('issues a certificate by http-01', async () => {
    await using pebble = await startPebble({ suite });
    await using http = await httpAnswers(pebble.httpPort);
    const session = await open(pebble);
    const { fullchain } = await issueOne(session, http.answers, { names: ['a.example.com', 'b.example.com'] });
    expect(new X509Certificate(fullchain).subjectAltName).toBe('DNS:a.example.com, DNS:b.example.com');
  });
});
