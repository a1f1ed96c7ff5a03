import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { platformReasons } from '../../src/deploy/platform-reasons.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-platform-'));
  mkdirSync(join(folder, 'booleans'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const reasons = (said = '', ports: number[] = []) => platformReasons({ said, ports, path: [folder], selinux: folder });
const selinux = (enforce: string, connect: string) => {
  writeFileSync(join(folder, 'enforce'), enforce);
  writeFileSync(join(folder, 'booleans/httpd_can_network_connect'), connect);
};
const firewall = (script: string) =>
  writeFileSync(join(folder, 'firewall-cmd'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });

const denials = `nginx was told to reload and complained: [emerg] bind() to 0.0.0.0:8443 failed (13: Permission denied)
nginx -t refuses: cannot load certificate "/var/lib/keepgate/live/api/fullchain.pem": BIO_new_file() failed (SSL: error:8000000D:system library::Permission denied)`;

it('says nothing where there is neither', async () => {
  expect(await reasons(denials, [80, 443])).toEqual([]);
  selinux('0', '0 0');
  expect(await reasons(denials, [80, 443])).toEqual([]);
});

it('names the command that allows what SELinux forbids', async () => {
  selinux('1', '0 0');
  expect((await reasons(denials)).map(({ code, help }) => [code, help])).toEqual([
    ['selinux-blocks-port', 'sudo semanage port -a -t http_port_t -p tcp 8443'],
    [
      'selinux-blocks-files',
      "sudo semanage fcontext -a -t cert_t '/var/lib/keepgate(/.*)?' && sudo restorecon -R /var/lib/keepgate",
    ],
    ['selinux-blocks-backends', 'sudo setsebool -P httpd_can_network_connect on'],
  ]);
  selinux('1', '1 1');
  expect(await reasons()).toEqual([]);
});

it('names the command that opens what firewalld closes', async () => {
  firewall('exit 1');
  expect(await reasons('', [80, 443, 8443])).toMatchObject([
    {
      code: 'firewalld-closed',
      message: expect.stringContaining('80 and 443 and 8443'),
      help: 'sudo firewall-cmd --permanent --add-service=http --add-service=https --add-port=8443/tcp && sudo firewall-cmd --reload',
    },
  ]);
  firewall('case "$1" in --query-service=http*) exit 0;; esac; exit 1');
  expect(await reasons('', [80, 443])).toEqual([]);
  // it does not run
  firewall('exit 252');
  expect(await reasons('', [80, 443])).toEqual([]);
});
