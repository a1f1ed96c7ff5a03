import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { nginxOf, suites } from '../parts.ts';
import { isRoot, keepgateAsNobody } from './as-nobody.ts';
import { expectUntouched } from './untouched.ts';
import { Workplace } from './workplace.ts';

const place = new Workplace();
const folder = resolve('examples');
const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const everyNginx = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);

/** What an example may be told on a machine that it was not made for. */
const hints = ['address-not-here', 'ca-missing', 'certificate-missing', 'http3-unavailable', 'password-file-missing'];

const users = [
  { user: 'this user', run: (args: readonly string[]) => place.keepgate(args, { timeout: 240_000 }) },
  ...(isRoot ? [{ user: 'nobody', run: keepgateAsNobody }] : []),
];
if (!isRoot) console.warn('SKIPPED: only root can run keepgate as root and as another user');

it('there are examples', () => expect(examples.length).toBeGreaterThan(5));

describe.each(users)('as $user', ({ user, run }) => {
  it(`every example passes every nginx, which touches nothing (uid ${process.getuid?.()}, ${user})`, async () => {
    const runs = await expectUntouched(() =>
      Promise.all(
        examples.map(async (name) => ({
          name,
          ...(await run(['check', `${folder}/${name}`, ...everyNginx, '--format', 'json'])),
        })),
      ),
    );
    for (const { name, exitCode, stdout, stderr } of runs) {
      expect({ name, exitCode, stderr }).toEqual({ name, exitCode: 0, stderr: '' });
      const { diagnostics, nginx } = JSON.parse(stdout);
      expect(nginx.map(({ outcome }: { outcome: string }) => outcome)).toEqual(suites.map(() => 'passed'));
      for (const { code, severity, message } of diagnostics)
        expect({ code, severity, message }).toEqual({ code: expect.toBeOneOf(hints), severity: 'info', message });
    }
  }, 120_000);
});
