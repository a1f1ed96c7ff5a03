import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installedNginx } from '../../src/deploy/nginx-instance.ts';
import { type ThrowawayFolder, throwawayFolder } from '../../src/verify/throwaway.ts';
import { parts } from '../parts.ts';

let folder: ThrowawayFolder;
beforeEach(() => {
  folder = throwawayFolder();
});
afterEach(() => folder.remove());

const script = (name: string, body: string) => {
  const path = join(folder.path, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
};

/** The nginx of a suite with a configuration of its own beside it. */
function installed(configuration: string): string {
  mkdirSync(join(folder.path, 'bin'));
  mkdirSync(join(folder.path, 'etc/nginx'), { recursive: true });
  writeFileSync(join(folder.path, 'etc/nginx/nginx.conf'), configuration);
  return script('bin/nginx', `exec ${parts.nginx.bookworm} "$@"`);
}

const none = { systemctl: '/no/such/systemctl' };

describe('the installed nginx', () => {
  it('has the files that its configuration names', async () => {
    const nginx = installed('user www-data;\npid /run/other.pid;\nerror_log /var/log/other.log warn;\nhttp {}\n');
    expect(await installedNginx(nginx, none)).toMatchObject({
      ...{ nginx, pidFile: '/run/other.pid', errorLog: '/var/log/other.log' },
      folder: expect.stringMatching(/\/etc\/nginx$/),
      reload: [nginx, '-s', 'reload'],
    });
  });

  it.each(['', 'error_log stderr;\n', 'error_log syslog:server=127.0.0.1;\n', '# pid /run/x.pid;\n'])(
    'has the pid file that it was built with, and may have no log file: %j',
    async (configuration) => {
      const nginx = installed(configuration);
      const reload = [nginx, '-s', 'reload'];
      const instance = await installedNginx(nginx, none);
      expect(instance).toMatchObject({ nginx, pidFile: '/run/nginx.pid', reload });
      expect(instance).not.toHaveProperty('errorLog');
    },
  );

  it('has files below its prefix where they are named by half a path', async () => {
    const nginx = installed('pid logs/x.pid;\n\terror_log logs/x.log;\nerror_log logs/error.log;\n');
    const logs = '/usr/share/nginx/logs';
    expect(await installedNginx(nginx, none)).toMatchObject({
      pidFile: `${logs}/x.pid`,
      errorLog: `${logs}/error.log`,
    });
  });

  it('is reloaded by systemd where systemd has started it', async () => {
    const nginx = installed('');
    const active = script('active', '[ "$*" = "is-active --quiet nginx" ]');
    const inactive = script('inactive', 'exit 3');
    expect(await installedNginx(nginx, { systemctl: active })).toMatchObject({ reload: [active, 'reload', 'nginx'] });
    expect(await installedNginx(nginx, { systemctl: inactive })).toMatchObject({ reload: [nginx, '-s', 'reload'] });
  });

  it('is found on the path', async () => {
    expect((await installedNginx(undefined, none))?.nginx).toBe(parts.nginx.bookworm);
  });
});
