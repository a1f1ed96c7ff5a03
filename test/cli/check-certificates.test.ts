import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { chain, issue } from '../ca.ts';
import { nginxOf, suites } from '../parts.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const names = ['api.example.com'];
const good = chain(names);
const fifo = join(place.folder, 'fifo.pem');
await execa('mkfifo', [fifo]);

const encrypted = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIIBvTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI
-----END ENCRYPTED PRIVATE KEY-----
`;

const year = 365 * 86_400_000;
const expired = chain(names, { notBefore: new Date(Date.now() - year), notAfter: new Date(Date.now() - 86_400_000) });
const rsa = issue({ commonName: 'another', names, key: 'rsa-2048' });

/** What is wrong with a pair, and the code that names it. */
const cases: readonly (readonly [code: string, certificate: string, key: string, mode: number])[] = [
  ['certificate-key-mismatch', good.fullchain, rsa.key, 0o600],
  ['certificate-expired', expired.fullchain, expired.leaf.key, 0o600],
  ['certificate-name-mismatch', chain(['other.example.com']).fullchain, '', 0o600],
  ['certificate-key-encrypted', good.fullchain, encrypted, 0o600],
  ['certificate-key-mode', good.fullchain, good.leaf.key, 0o644],
  ['certificate-malformed', 'nothing of the kind\n', good.leaf.key, 0o600],
];

const spec = (certificate: string, key: string): string =>
  minimal(`    tls:\n      certificate: {cert: ${certificate}, key: ${key}}\n`);

it.each([...cases])('%s is found before nginx runs, at tls.certificate', async (code, certificate, key, mode) => {
  const paths = [place.write(`${code}/chain.pem`, certificate), place.write(`${code}/key.pem`, key, mode)] as const;
  const file = place.write(`${code}/keepgate.yaml`, spec(...paths));
  // no nginx is needed to know it
  const { stdout } = await place.keepgate(['check', file, '--nginx', '/nowhere', '--format', 'json']);
  expect(JSON.parse(stdout).diagnostics).toContainEqual(
    expect.objectContaining({ code, site: 'api', at: expect.objectContaining({ line: 7, column: 7, length: 11 }) }),
  );
});

it('a FIFO keeps nobody waiting, nginx included, which gets stand-ins alone', async () => {
  const file = place.write('fifo.yaml', spec(fifo, fifo));
  const every = suites.flatMap((suite) => ['--nginx', nginxOf(suite)]);
  const { exitCode, stdout } = await place.keepgate(['check', file, ...every, '--format', 'json']);
  const { diagnostics, nginx } = JSON.parse(stdout);
  expect(exitCode).toBe(1);
  expect(nginx.map(({ outcome }: { outcome: string }) => outcome)).toEqual(suites.map(() => 'passed'));
  expect(diagnostics).toContainEqual(expect.objectContaining({ code: 'certificate-not-a-file' }));
});

it('a pair that is right is no finding', async () => {
  const paths = [place.write('right.pem', good.fullchain), place.write('right.key', good.leaf.key, 0o600)] as const;
  const { exitCode, stdout } = await place.keepgate(['check', place.write('right.yaml', spec(...paths))]);
  expect({ exitCode, stdout }).toEqual({
    exitCode: 0,
    stdout: 'nothing to report\nnginx 1.22.1 accepts what is rendered for it (nginx -t, in a sandbox)\n',
  });
});

it('files that the spec names and that are not there: a warning here, a hint where it is for another machine', async () => {
  const more = `      clientAuth: {ca: /nowhere/ca.pem}\n    basicAuth: {realm: x, userFile: /nowhere/users}\n`;
  const file = place.write('nowhere.yaml', spec('/nowhere/c.pem', '/nowhere/k.pem') + more);
  const missing = ['ca-missing', 'certificate-missing', 'password-file-missing'];
  const found = async (...args: string[]): Promise<string[]> => {
    const { diagnostics } = JSON.parse((await place.keepgate(['check', file, ...args, '--format', 'json'])).stdout);
    return (diagnostics as { code: string; severity: string }[])
      .filter(({ code }) => missing.includes(code))
      .map(({ code, severity }) => `${code} ${severity}`)
      .sort();
  };
  const each = (severity: string): string[] => missing.map((code) => `${code} ${severity}`);
  expect(await found()).toEqual(each('warning'));
  expect(await found('--nginx', nginxOf('bookworm'))).toEqual(each('info'));
  expect(await found('--nginx', nginxOf('bookworm'), '--live=/nowhere')).toEqual(each('warning'));
});
