import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { programFolder } from '../../src/nginx/program-folder.ts';

it.each([
  ['/usr/sbin/nginx', '/usr'],
  ['/usr/local/nginx/sbin/nginx', '/usr'],
  ['/sbin/nginx', '/usr'],
  ['/opt/nginx-1.30/sbin/nginx', '/opt/nginx-1.30'],
  ['/srv/build/objs/nginx', '/srv/build/objs/nginx'],
  ['/home/someone/bin/nginx', '/home/someone/bin/nginx'],
  ['/home/someone/.local/bin/nginx', '/home/someone/.local/bin/nginx'],
  ['/home/bin/nginx', '/home/bin/nginx'],
  ['/opt/bin/nginx', '/opt/bin/nginx'],
  ['/home/someone/nginx/bin/nginx', '/home/someone/nginx'],
  [`${homedir()}/bin/nginx`, `${homedir()}/bin/nginx`],
])('%s needs %s', (path, folder) => {
  expect(programFolder(path)).toBe(folder);
});
