import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { nginxOf, type Suite, suites } from '../parts.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
place.write('keepgate.yaml', minimal());
place.write('https.yaml', `${minimal()}nginx: {defaultServer: https}\n`);
place.write('off.yaml', `${minimal()}nginx: {defaultServer: off}\n`);

/** A copy of /etc/nginx as a suite installs it, and what a person has put there. */
function machine(suite: Suite, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(place.folder, `machine-${suite}-${Object.keys(files).join('-').replaceAll('/', '_')}-${count++}`);
  cpSync(join(dirname(dirname(nginxOf(suite))), 'root/etc/nginx'), folder, { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(folder, 'sites-enabled'), { recursive: true });
  // what the package's own script does when it is installed
  symlinkSync('/etc/nginx/sites-available/default', join(folder, 'sites-enabled/default'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
let count = 0;

const withoutDefault = (folder: string): string => {
  rmSync(join(folder, 'sites-enabled/default'));
  return folder;
};

interface Clash {
  readonly code: string;
  readonly severity: string;
  readonly at: { readonly file: string; readonly line: number; readonly source: string };
  readonly related: readonly { readonly at: { readonly file: string; readonly source: string } }[];
  readonly help: string;
}

async function check(suite: Suite, folder: string, spec = 'keepgate.yaml') {
  const args = ['check', `--live=${folder}`, spec, '--nginx', nginxOf(suite), '--format', 'json'];
  const { exitCode, stdout, stderr } = await place.keepgate(args);
  expect(stderr).toBe('');
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: Clash[] };
  return { exitCode, clashes: diagnostics.filter(({ severity }) => severity !== 'info') };
}

/** Runs the command that a finding names, on the copy instead of /etc/nginx. */
async function obey(help: string, folder: string): Promise<void> {
  const command = help.split('\n')[0] ?? '';
  expect(command).toMatch(/^sudo (rm|mv|sed -i) /);
  await execa('sh', ['-c', command.replace('sudo ', '').replaceAll('/etc/nginx', folder)]);
}

/** Both sides of a clash, without indentation. */
const sides = ({ code, at, related }: Clash) => ({
  code,
  theirs: `${at.file}:${at.line}: ${at.source.trim()}`,
  ours: `${related[0]?.at.file}: ${related[0]?.at.source.trim()}`,
});

describe.each(suites)('the stock tree of Debian %s', (suite) => {
  it('has a default server: both sides are named, and the command after which it passes', async () => {
    const folder = machine(suite);
    const { exitCode, clashes } = await check(suite, folder);
    expect(exitCode).toBe(1);
    expect(clashes.map(sides)).toEqual([
      {
        code: 'clash-default-server',
        theirs: '/etc/nginx/sites-enabled/default:22: listen 80 default_server;',
        ours: '/etc/nginx/conf.d/keepgate.conf: listen 80 default_server;',
      },
    ]);
    expect(clashes[0]?.help).toBe(
      'sudo rm /etc/nginx/sites-enabled/default\n' +
        'or let it answer for unknown hosts, with this in the spec: nginx: {defaultServer: https}',
    );
    await obey(clashes[0]?.help ?? '', folder);
    expect(existsSync(join(folder, 'sites-available/default'))).toBe(true);
    expect(await check(suite, folder)).toEqual({ exitCode: 0, clashes: [] });
  });

  it('may keep it', async () => {
    expect(await check(suite, machine(suite), 'https.yaml')).toEqual({ exitCode: 0, clashes: [] });
  });
});

const site = (text: string): string => `server {\n    listen 80;\n    ${text}\n}\n`;

describe("a machine's own configuration", () => {
  it.each([
    [
      'clash-server-name',
      'conf.d/old.conf',
      site('server_name www.example.com\n        api.example.com;'.replace('\n        ', ' ')),
      '/etc/nginx/conf.d/old.conf:3: server_name www.example.com api.example.com;',
      'server_name api.example.com;',
      'sudo mv /etc/nginx/conf.d/old.conf /etc/nginx/old.conf.off',
    ],
    [
      'clash-upstream',
      'conf.d/up.conf',
      'upstream keepgate_api_127.0.0.1_8080 { server 127.0.0.1:1; }\n',
      '/etc/nginx/conf.d/up.conf:1: upstream keepgate_api_127.0.0.1_8080 { server 127.0.0.1:1; }',
      'upstream keepgate_api_127.0.0.1_8080 {',
      'sudo mv /etc/nginx/conf.d/up.conf /etc/nginx/up.conf.off',
    ],
    [
      'clash-log-format',
      'conf.d/log.conf',
      'log_format keepgate "$host";\n',
      '/etc/nginx/conf.d/log.conf:1: log_format keepgate "$host";',
      'log_format keepgate \'$remote_addr - $remote_user [$time_local] $host "$request" $status $body_bytes_sent \'',
      'sudo mv /etc/nginx/conf.d/log.conf /etc/nginx/log.conf.off',
    ],
    [
      'clash-default-server',
      'sites-enabled/shop',
      'server { listen *:80 default_server; server_name shop.example.com; }\n',
      '/etc/nginx/sites-enabled/shop:1: server { listen *:80 default_server; server_name shop.example.com; }',
      'listen 80 default_server;',
      "sudo sed -i 's/ default_server//' /etc/nginx/sites-enabled/shop",
    ],
  ])('%s: both sides, and the command', async (code, file, text, theirs, ours, command) => {
    const suite = 'bookworm';
    const folder = withoutDefault(machine(suite, { [file]: text }));
    const { exitCode, clashes } = await check(suite, folder);
    expect(exitCode).toBe(1);
    expect(clashes.map(({ help }) => help.split('\n')[0])).toEqual([command]);
    expect(clashes.map(sides)).toEqual([{ code, theirs, ours: expect.stringContaining(ours) }]);
    await obey(clashes[0]?.help ?? '', folder);
    expect(await check(suite, folder)).toEqual({ exitCode: 0, clashes: [] });
  });

  const listening = (line: string): string =>
    `server { server_name shop.example.com; ssl_certificate /etc/ssl/shop.pem; ssl_certificate_key /etc/ssl/shop.key;\n${line}\n}\n`;

  describe.each(['bookworm', 'trixie'] as const)('a socket of the machine, nginx of %s', (suite) => {
    it.each([
      [
        'the PROXY protocol',
        'listen 443 ssl proxy_protocol;',
        'listen 443 ssl',
        'expects the PROXY protocol on 0.0.0.0:443',
      ],
      [
        'the PROXY protocol in clear',
        'listen *:80 proxy_protocol;',
        'listen 80;',
        'expects the PROXY protocol on 0.0.0.0:80',
      ],
      ['TLS on port 80', 'listen [::]:80 ssl;', 'listen [::]:80;', 'speaks TLS on [::]:80'],
      ['no TLS on port 443', 'listen 0.0.0.0:443;', 'listen 443 ssl', 'has a server in clear on 0.0.0.0:443'],
    ])('with %s is no socket of the site', async (_, line, ours, said) => {
      const folder = withoutDefault(machine(suite, { 'conf.d/shop.conf': listening(line) }));
      const { exitCode, clashes } = await check(suite, folder);
      expect(exitCode).toBe(1);
      const found = clashes.filter(({ code }) => code === 'clash-socket');
      expect(found.map(sides)).toEqual([
        {
          code: 'clash-socket',
          theirs: `/etc/nginx/conf.d/shop.conf:2: ${line}`,
          ours: `/etc/nginx/sites-available/keepgate_api.conf: ${ours}${ours.endsWith(';') ? '' : suite === 'bookworm' ? ' http2;' : ';'}`,
        },
      ]);
      expect(found[0]).toMatchObject({ message: expect.stringContaining(said) });
      await obey(found[0]?.help ?? '', folder);
      expect(await check(suite, folder)).toEqual({ exitCode: 0, clashes: [] });
    });

    it.each([
      ...(suite === 'bookworm' ? ['listen 443;\nssl on;'] : []),
      'listen 443 ssl backlog=1024;',
      'listen 192.0.2.1:80 proxy_protocol;',
      'listen 8443 ssl proxy_protocol;',
    ])('may be as it is: %s', async (line) => {
      const folder = withoutDefault(machine(suite, { 'conf.d/shop.conf': listening(line) }));
      const { clashes } = await check(suite, folder);
      expect(clashes.filter(({ code, severity }) => code !== 'address-not-here' && severity === 'error')).toEqual([]);
    });

    it('may be what it likes where nginx does not read it', async () => {
      const text = listening('listen 443 ssl proxy_protocol;');
      const folder = withoutDefault(machine(suite, { 'old.conf.off': text, 'conf.d/shop.conf.disabled': text }));
      expect(await check(suite, folder)).toEqual({ exitCode: 0, clashes: [] });
    });

    it('clash-zone: one of the same name and another size', async () => {
      const zone = 'ssl_session_cache shared:keepgate_10m:1m;';
      const folder = withoutDefault(machine(suite, { 'conf.d/shop.conf': listening(`listen 8443 ssl; ${zone}`) }));
      const { exitCode, clashes } = await check(suite, folder);
      expect(exitCode).toBe(1);
      expect(clashes.map(sides)).toEqual([
        {
          code: 'clash-zone',
          theirs: `/etc/nginx/conf.d/shop.conf:2: listen 8443 ssl; ${zone}`,
          ours: '/etc/nginx/conf.d/keepgate.conf: ssl_session_cache shared:keepgate_10m:10m;',
        },
      ]);
    });
  });

  it('clash-listen-options: reuseport for HTTP/3 in both', async () => {
    const folder = withoutDefault(machine('trixie', { 'conf.d/shop.conf': listening('listen 443 quic reuseport;') }));
    const spec = place.write('http3.yaml', `${minimal()}    http3: true\n`);
    const { exitCode, clashes } = await check('trixie', folder, spec);
    expect(exitCode).toBe(1);
    expect(clashes.map(sides)).toEqual([
      {
        code: 'clash-listen-options',
        theirs: '/etc/nginx/conf.d/shop.conf:2: listen 443 quic reuseport;',
        ours: '/etc/nginx/conf.d/keepgate.conf: listen 443 quic reuseport default_server;',
      },
    ]);
    await obey(clashes[0]?.help ?? '', folder);
    expect(await check('trixie', folder, spec)).toEqual({ exitCode: 0, clashes: [] });
  });

  it('may log as it likes: no log is shared with it', async () => {
    const text = site('access_log /var/log/nginx/access.log combined buffer=32k;');
    const folder = withoutDefault(machine('bookworm', { 'conf.d/foreign.conf': text }));
    expect(await check('bookworm', folder)).toEqual({ exitCode: 0, clashes: [] });
  });

  it('clash-directive: a hash size that both need', async () => {
    const suite = 'bookworm';
    const folder = withoutDefault(machine(suite));
    const main = join(folder, 'nginx.conf');
    writeFileSync(main, readFileSync(main, 'utf8').replace('http {', 'http {\n\tserver_names_hash_bucket_size 64;'));
    const long = place.write('long.yaml', minimal().replace('api.example', `${'long-'.repeat(12)}api.example`));
    const { exitCode, clashes } = await check(suite, folder, long);
    expect(exitCode).toBe(1);
    expect(clashes.map(sides)).toEqual([
      {
        code: 'clash-directive',
        theirs: expect.stringMatching(/^\/etc\/nginx\/nginx\.conf:\d+: server_names_hash_bucket_size 64;$/),
        ours: '/etc/nginx/conf.d/keepgate.conf: server_names_hash_bucket_size 128;',
      },
    ]);
    await obey(clashes[0]?.help ?? '', folder);
    expect(await check(suite, folder, long)).toEqual({ exitCode: 0, clashes: [] });
  });

  it.each([
    ['of its own', 'ssl_protocols TLSv1.1 TLSv1.2;', 'ssl_protocols TLSv1.1 TLSv1.2;'],
    ['that it inherits', '', 'listen 443 ssl default_server;'],
  ])(
    'clash-tls-protocols: a default server with TLS versions %s, of which nginx says nothing',
    async (_, text, line) => {
      const suite = 'bookworm';
      const shop = `server {
    listen 443 ssl default_server;
    listen [::]:443 ssl default_server;
    server_name shop.example.com;
    ${text}
    ssl_certificate /etc/ssl/shop.pem;
    ssl_certificate_key /etc/ssl/shop.key;
}
`;
      const folder = machine(suite, { 'sites-available/shop': shop });
      symlinkSync('../sites-available/shop', join(folder, 'sites-enabled/shop'));
      const { exitCode, clashes } = await check(suite, folder, 'off.yaml');
      expect(exitCode).toBe(1);
      expect(clashes.map(sides)).toEqual([
        {
          code: 'clash-tls-protocols',
          theirs: expect.stringMatching(/^\/etc\/nginx\/sites-enabled\/shop:\d: /),
          ours: '/etc/nginx/sites-available/keepgate_api.conf: ssl_protocols TLSv1.2 TLSv1.3;',
        },
      ]);
      expect(clashes[0]?.at.source.trim()).toBe(line);
      await obey(clashes[0]?.help ?? '', folder);
      expect(await check(suite, folder, 'off.yaml')).toEqual({ exitCode: 0, clashes: [] });
      // from 1.29.2 on every server has its own
      expect(await check('forky', folder, 'off.yaml')).toEqual({ exitCode: 0, clashes: [] });
    },
  );

  it('is not in the way of a spec that was installed already', async () => {
    const suite = 'bookworm';
    const folder = withoutDefault(machine(suite));
    const { stdout } = await place.keepgate(['render', '--format', 'json']);
    const { files, links } = JSON.parse(stdout);
    for (const { path, text } of files) writeFileSync(join(folder, path), text);
    for (const { path, to } of links) symlinkSync(to, join(folder, path));
    expect(await check(suite, folder)).toEqual({ exitCode: 0, clashes: [] });
    // what was installed is not the other side of a clash
    writeFileSync(join(folder, 'conf.d/zz.conf'), 'upstream keepgate_api_127.0.0.1_8080 { server 127.0.0.1:1; }\n');
    const { clashes } = await check(suite, folder);
    expect(clashes.map(({ at }) => at.file)).toEqual(['/etc/nginx/conf.d/zz.conf']);
  });

  it('that nginx refuses by itself is named with its own place', async () => {
    const folder = withoutDefault(machine('bookworm', { 'conf.d/broken.conf': 'listn 80;\n' }));
    const { stdout } = await place.keepgate(['check', `--live=${folder}`]);
    expect(stdout).toContain('unknown directive "…" (/etc/nginx/conf.d/broken.conf:1)\n');
    expect(stdout).not.toContain('listn');
  });

  it('shows nothing of what it leads to outside of its folder', async () => {
    const secret = place.write('secret', 'secret-one:$6$secret-two:1;\nserver_name api.example.com secret-three;\n');
    const links = { enabled: `-> ${secret}`, again: '-> /etc/nginx/sites-enabled/enabled' };
    const folder = withoutDefault(machine('bookworm', { 'conf.d/include.conf': `include ${secret};\n` }));
    for (const [name, to] of Object.entries(links)) symlinkSync(to.slice(3), join(folder, 'sites-enabled', name));
    for (const format of ['text', 'json', 'sarif']) {
      const { exitCode, stdout, stderr } = await place.keepgate(['check', `--live=${folder}`, '--format', format]);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).not.toMatch(/secret-/);
      expect(stdout).toContain(`${secret}: it is not in the folder`);
    }
  });
});

describe('--live', () => {
  it('without a folder is /etc/nginx, and takes no spec for one', async () => {
    const { exitCode, stdout } = await place.keepgate(['check', '--live', 'keepgate.yaml']);
    if (existsSync('/etc/nginx/nginx.conf')) return console.warn('SKIPPED: there is an /etc/nginx here');
    expect(exitCode).toBe(4);
    expect(stdout).toContain('error live-not-readable: there is no nginx.conf that can be read in /etc/nginx\n');
  });

  it('names a folder that is none', async () => {
    for (const folder of ['/nowhere', place.folder, join(place.folder, 'keepgate.yaml')]) {
      const { exitCode, stdout } = await place.keepgate(['check', `--live=${folder}`]);
      expect({ exitCode, stdout }).toEqual({
        exitCode: 4,
        stdout: expect.stringContaining(
          `error live-not-readable: there is no nginx.conf that can be read in ${folder}\n`,
        ),
      });
    }
  });

  it('takes a folder below the working folder', async () => {
    const folder = withoutDefault(machine('bookworm'));
    const { exitCode } = await place.keepgate(['check', `--live=${folder.slice(place.folder.length + 1)}`]);
    expect(exitCode).toBe(0);
  });

  it('says that it wants an equals sign, to whoever forgets it', async () => {
    const folder = machine('bookworm');
    const { exitCode, stderr } = await place.keepgate(['check', '--live', folder]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      `  help: This is a configuration of nginx. To check with it: keepgate check --live=${folder}\n`,
    );
    expect((await place.keepgate(['check', '--help'])).stdout).toMatch(/--live=DIR/);
  });
});
