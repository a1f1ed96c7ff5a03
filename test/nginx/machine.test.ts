import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { readMachine } from '../../src/nginx/machine.ts';
import { includeMatcher, referencesOf } from '../../src/nginx/references.ts';
import { testConfiguration } from '../../src/nginx/sandbox.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { said, server, treeOf, useOwnTemporaryFolder } from './test-tree.ts';

const folder = useOwnTemporaryFolder();
const bookworm = await inspectNginx(parts.nginx.bookworm);
const real = selfSigned(['real.example']);
let made = 0;

/** A /etc/nginx with these files and links (`-> target`) besides a small nginx.conf. */
function live(entries: Record<string, string>): string {
  made += 1;
  const root = join(folder.path, `live-${made}`);
  const main = 'events {}\nhttp {\n  include conf.d/*.conf;\n  include /etc/nginx/sites-enabled/*;\n}\n';
  for (const [name, text] of Object.entries({ 'nginx.conf': main, ...entries })) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), path);
    else writeFileSync(path, text);
  }
  return root;
}

describe('--live', () => {
  it.each(suites)('merges with the stock tree of Debian %s and shows the clash', async (suite) => {
    const nginx = await inspectNginx(nginxOf(suite));
    const stock = realpathSync(nginx.confDir ?? '');
    const copy = join(folder.path, `stock-${suite}`);
    await execa('cp', ['-a', stock, copy]);
    const link = join(copy, 'sites-enabled/default');
    symlinkSync('/etc/nginx/sites-available/default', link);
    const ours = treeOf('server { listen 80 default_server; server_name _; return 444; }\n', { live: copy });
    const result = await testConfiguration(nginx, ours, { sandbox: 'auto' });
    expect(said(result)).toBe('emerg: a duplicate default server for 0.0.0.0:80 @ /etc/nginx/sites-enabled/default:22');
    await execa('rm', [link]);
    expect(await testConfiguration(nginx, ours, { sandbox: 'auto' })).toMatchObject({ passed: true, skipped: [] });
  });

  it("lets our files take the machine's place", async () => {
    const folder = live({
      'sites-available/a': 'broken',
      'sites-enabled/a': '-> /etc/nginx/sites-available/a',
      'conf.d/b.conf': 'server { listen 81; server_name b; }\n',
    });
    const result = await testConfiguration(bookworm, treeOf(server(), { live: folder }), { sandbox: 'auto' });
    expect(result).toMatchObject({ passed: true, messages: [] });
  });

  it('has stand-ins for every key, and for the certificates that belong to them', async () => {
    const folder = live({
      'conf.d/b.conf': `server { listen 443 ssl; server_name b; ssl_certificate /etc/letsencrypt/live/b/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/b/privkey.pem; ssl_stapling on; }
server { listen 443 ssl; server_name c; ssl_certificate ssl/c.pem; ssl_certificate_key ssl/c.pem; }
server { listen 443 ssl; server_name d; ssl_certificate ssl/d.crt; ssl_certificate_key ssl/d.key;
  ssl_session_ticket_key /etc/nginx/ssl/ticket; ssl_password_file /etc/nginx/ssl/passwords; }
`,
      'ssl/c.pem': real.certificate + real.key,
      'ssl/d.crt': real.certificate,
      'ssl/d.key': real.key,
      'ssl/unused.key': real.key,
    });
    const result = await testConfiguration(bookworm, treeOf(server(), { live: folder }), { sandbox: 'auto' });
    expect(said(result)).toBe('');
    expect(result).toMatchObject({ passed: true, skipped: [] });

    const { files, keys } = readMachine(folder, { whole: true, modules: false });
    expect([...files.values()].some((text) => Buffer.from(text).includes('PRIVATE KEY'))).toBe(false);
    expect([...keys]).toEqual(expect.arrayContaining(['/etc/nginx/ssl/unused.key', '/etc/nginx/ssl/c.pem']));
  });

  it('finds folders, names and users that the machine has', async () => {
    const folder = live({
      'nginx.conf': `user someone somegroup; pid /var/run/nginx.pid; error_log /var/log/else/where/e.log;
events {} http { proxy_cache_path /srv/cache/c keys_zone=c:1m; include conf.d/*.conf; include sites-enabled/*; }`,
      'conf.d/b.conf': `upstream u { server backend-one:8080; server backend-two; }
server { listen 81; location / { proxy_pass http://backend-three/x; } access_log /var/log/b/a.log; }\n`,
    });
    const result = await testConfiguration(bookworm, treeOf(server(), { live: folder }), { sandbox: 'auto' });
    expect(said(result)).toBe('');
    expect(result).toMatchObject({ passed: true });
  });

  it('copies nothing from outside of the folder, opens no FIFO, and keeps out of loops', async () => {
    const outside = join(folder.path, 'outside');
    mkdirSync(join(outside, 'many'), { recursive: true });
    writeFileSync(join(outside, 'one.conf'), 'server { listen 81; server_name secret-one; }\n');
    writeFileSync(join(outside, 'dh.pem'), 'secret-parameters\n');
    writeFileSync(join(outside, 'many/two.conf'), 'server { listen 82; server_name secret-two; }\n');
    const folderWithLinks = live({
      'sites-available/here': 'server { listen 83; server_name here; }\n',
      'sites-enabled/here': '-> ../sites-available/here',
      'sites-enabled/one': `-> ${outside}/one.conf`,
      'sites-enabled/again': '-> /etc/nginx/sites-enabled/one',
      'conf.d/c.conf': `include ${outside}/many/*.conf;\ninclude ${outside}/one.conf;\ninclude linked/two.conf;\n`,
      'conf.d/unread.conf.off': `ssl_dhparam ${outside}/dh.pem;\n`,
      linked: `-> ${outside}/many`,
      loop: '-> /etc/nginx',
      dangling: '-> /nowhere',
      'modules-enabled/50-x.conf': '-> /usr/share/nginx/modules-available/x.conf',
      modules: '-> /usr/lib/nginx/modules',
    });
    await execa('mkfifo', [join(folderWithLinks, 'fifo')]);
    const machine = readMachine(folderWithLinks, { whole: true, modules: false });
    expect([...machine.files.values()].map((text) => text.toString()).join('')).not.toContain('secret');
    expect(machine.links.get('/etc/nginx/sites-enabled/here')).toBe('../sites-available/here');
    expect(machine.skipped.sort()).toEqual(
      [
        '/etc/nginx/dangling: it is not in the folder',
        '/etc/nginx/fifo: it is a FIFO',
        '/etc/nginx/linked/two.conf: it is not in the folder',
        '/etc/nginx/linked: it is not in the folder',
        '/etc/nginx/loop: it is not in the folder',
        '/etc/nginx/sites-enabled/again: it is not in the folder',
        '/etc/nginx/sites-enabled/one: it is not in the folder',
        `${outside}/dh.pem: it is not in the folder`,
        `${outside}/many/*.conf: it is not in the folder`,
        `${outside}/one.conf: it is not in the folder`,
      ].sort(),
    );
    expect(machine.links.has('/etc/nginx/modules-enabled/50-x.conf')).toBe(false);
    const system = readMachine(folderWithLinks, { whole: true, modules: true });
    expect(system.links.get('/etc/nginx/modules')).toBe('/usr/lib/nginx/modules');
    expect(system.links.has('/etc/nginx/modules-enabled/50-x.conf')).toBe(true);
  });

  it('goes without an included file from outside', async () => {
    const outside = join(folder.path, 'outside.conf');
    writeFileSync(outside, 'broken');
    const ours = treeOf(server(), { live: live({ 'conf.d/c.conf': `include ${outside};\n` }) });
    const result = await testConfiguration(bookworm, ours, { sandbox: 'auto' });
    expect(said(result)).toBe('');
    expect(result).toMatchObject({ passed: true, skipped: [`${outside}: it is not in the folder`] });
  });

  it('says so when there is nothing to merge with', async () => {
    for (const live of [join(folder.path, 'absent'), folder.path]) {
      const result = await testConfiguration(bookworm, treeOf(server(), { live }), { sandbox: 'auto' });
      expect(said(result)).toMatch(/^live-not-readable: there is no nginx\.conf/);
    }
  });

  it('names what it leaves out', () => {
    const folder = live({ 'big.conf': '#'.repeat(1_000_001) });
    expect(readMachine(folder, { whole: true, modules: false }).skipped).toEqual([
      '/etc/nginx/big.conf: it is larger than 1 MB',
    ]);
  });
});

it('without --live, takes nginx.conf and what it names by name', () => {
  const folder = live({
    'nginx.conf': 'events {}\nhttp { include mime.types; include snippets/tls.conf; include conf.d/*.conf; }\n',
    'mime.types': 'types {}\n',
    'snippets/tls.conf': 'ssl_dhparam dh.pem;\n',
    'dh.pem': 'parameters\n',
    'conf.d/other.conf': 'broken',
  });
  const machine = readMachine(folder, { whole: false, modules: false });
  expect([...machine.files.keys()]).toEqual(
    ['nginx.conf', 'mime.types', 'snippets/tls.conf', 'dh.pem'].map((name) => `/etc/nginx/${name}`),
  );
});

describe('referencesOf', () => {
  it('finds what a configuration names, comments and variables aside', () => {
    const text = `
# include /commented;
include a/*.conf; include "/etc/nginx/b c"; include '/quoted';
server { listen 1; ssl_certificate /c; ssl_certificate_key engine:/e.so:x; proxy_ssl_certificate_key k; }
server { ssl_certificate /$host.pem; access_log off; access_log /l/x.log main; access_log syslog:server=x; }
upstream u { server name:1 weight=2; server 127.0.0.1:2; server unix:/s; }
location / { grpc_pass grpc://other; proxy_pass http://$x; }
`;
    expect(referencesOf(text)).toMatchObject({
      includes: ['/etc/nginx/a/*.conf', '/etc/nginx/b', '/quoted'],
      certificates: ['/c'],
      keys: ['/etc/nginx/k'],
      folders: ['/l'],
      names: ['name', 'unix', 'other'],
    });
  });
});

describe('includeMatcher', () => {
  it.each([
    ['/a/*.conf', '/a/b.conf', true],
    ['/a/*.conf', '/a/.b.conf', false],
    ['/a/*.conf', '/a/b/c.conf', false],
    ['/a/*', '/a/x', true],
    ['/a/*/y', '/a/x/y', true],
    ['/a/x?z', '/a/xyz', true],
    ['/a/b.conf', '/a/bxconf', false],
  ])('%s, %s: %s', (pattern, path, expected) => {
    expect(includeMatcher(pattern).test(path)).toBe(expected);
  });
});
