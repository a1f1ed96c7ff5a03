import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
const saved =
  'nginx version: nginx/1.26.3\nbuilt with OpenSSL 3.5.0\nconfigure arguments: --with-http_ssl_module --with-http_v2_module\n';
const spec = (file: string): string => `${minimal()}nginx: {target: {file: ${file}}}\n`;
const fifo = join(place.folder, 'fifo');
await execa('mkfifo', [fifo]);

it('is found beside the spec that names it, wherever keepgate is called', async () => {
  place.write('specs/host.nginx-V', saved);
  const path = place.write('specs/api.yaml', spec('host.nginx-V'));
  for (const named of ['specs/api.yaml', path, 'specs']) {
    const { exitCode, stdout, stderr } = await place.keepgate(['render', named, '--format', 'json']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout).manifest.target.version).toBe('1.26.3');
  }
  const stdin = await place.keepgate(['render', '-'], { input: spec('specs/host.nginx-V') });
  expect(stdin.exitCode).toBe(0);
});

it('of the command line is relative to the working folder', async () => {
  const path = place.write('specs/plain.yaml', minimal());
  place.write('here.nginx-V', saved);
  expect((await place.keepgate(['render', path, '--target', 'here.nginx-V'])).exitCode).toBe(0);
});

it.each([
  ['a FIFO', fifo, 'it is a FIFO'],
  ['an endless device', '/dev/zero', 'it is a device'],
  ['a folder', place.folder, 'it is a folder'],
  ['missing', '/nowhere/nginx-V', 'there is no such file'],
  ['larger than any', place.write('large', 'x'.repeat(1_000_001)), 'it is larger than 1 MB'],
])('is refused in words when it is %s', async (_, path, reason) => {
  const target = await place.keepgate(['render', place.write('plain.yaml', minimal()), '--target', path]);
  expect(target.exitCode).toBe(1);
  expect(target.stderr).toContain(`error target-unknown: the target file ${path} can't be read: ${reason}\n`);
});
