import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { inspectNginx, type NginxBinary } from '../../src/nginx/binary.ts';
import { testConfiguration } from '../../src/nginx/sandbox.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { paths, said, server, treeOf, useOwnTemporaryFolder } from './test-tree.ts';

const folder = useOwnTemporaryFolder();
const sandbox = 'bwrap';
const bookworm = await inspectNginx(parts.nginx.bookworm);

afterEach(() => {
  process.env.KEEPGATE_BWRAP = parts.bwrap;
});

/** A stand-in for nginx: a script. */
function script(name: string, text: string): NginxBinary {
  const path = join(folder.path, name, 'bin/nginx');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return { ...bookworm, path };
}

describe.each(suites)('with the nginx of Debian %s', (suite) => {
  it('passes what is right, at the final paths and the real ports, with names that nobody has to resolve', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const text = server('location / { proxy_pass http://backend.internal:8080; } access_log /var/log/nginx/a.log;');
    const result = await testConfiguration(nginx, treeOf(text, { names: ['backend.internal'] }), { sandbox });
    expect(result).toEqual({
      outcome: 'tested',
      passed: true,
      messages: [],
      isolation: 'bwrap',
      unread: [],
      skipped: [],
    });
  });

  it('says where the mistake is', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const result = await testConfiguration(nginx, treeOf(server('listn 81;')), { sandbox });
    expect(result).toMatchObject({ outcome: 'tested', passed: false });
    expect(said(result)).toBe(`emerg: unknown directive "listn" @ ${paths.link}:8`);
  });

  it('tests under the nginx.conf of the distribution', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const result = await testConfiguration(nginx, treeOf(`gzip off;\n${server()}`), { sandbox });
    expect(said(result)).toBe(`emerg: "gzip" directive is duplicate @ ${paths.link}:1`);
  });

  it('reports warnings of a configuration that passes', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const result = await testConfiguration(nginx, treeOf(server() + server()), { sandbox });
    expect(result).toMatchObject({ outcome: 'tested', passed: true });
    expect(said(result)).toContain('warn: conflicting server name "a.example" on 0.0.0.0:443, ignored');
  });

  it('takes an exit by signal for a failure: a file that includes itself', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const result = await testConfiguration(nginx, treeOf(`include ${paths.link};\n`), { sandbox });
    expect(result.outcome === 'failed' ? result.diagnostic.code : said(result)).toMatch(
      /^(nginx-crashed$|emerg: .*(Too many open files|File name too long))/,
    );
  });
});

it('names the files that no include reaches', async () => {
  const tree = treeOf(server());
  const files = [...tree.files, { path: '/etc/nginx/elsewhere/b.conf', text: '# nobody reads this\n' }];
  const result = await testConfiguration(bookworm, { ...tree, files }, { sandbox });
  expect(result).toMatchObject({ passed: true, unread: ['/etc/nginx/elsewhere/b.conf'] });
});

it('has a nginx.conf for an nginx that has none', async () => {
  const nginx = { ...bookworm, confDir: undefined };
  expect(await testConfiguration(nginx, treeOf(server()), { sandbox })).toMatchObject({ passed: true, unread: [] });
  const result = await testConfiguration(nginx, treeOf(`gzip off;\n${server()}`), { sandbox });
  expect(said(result)).toContain('"gzip" directive is duplicate');
});

it('puts stand-ins and files anywhere but over the system', async () => {
  const everywhere = [
    '/etc/ssl/x/a.pem',
    '/opt/a.pem',
    '/run/secrets/a.pem',
    '/root/a.pem',
    '/usr/share/doc/keepgate/a.pem',
  ];
  const text = everywhere.map((path) => server(`ssl_client_certificate ${path};`)).join('');
  const tree = treeOf(text);
  const standIns = { ...tree.standIns, certificates: [paths.certificate, ...everywhere] };
  const result = await testConfiguration(bookworm, { ...tree, standIns }, { sandbox });
  expect(result).toMatchObject({ passed: true });

  for (const path of ['/usr/a.pem', '/usr/lib/a.pem', '/bin/a.pem', '/dev/a.pem', '/proc/a.pem']) {
    const refused = await testConfiguration(bookworm, treeOf('', { standIns: { ...standIns, certificates: [path] } }), {
      sandbox,
    });
    expect(said(refused)).toMatch(/^sandbox-failed: .*the system's programs are there/);
  }
});

it.each(['relative', '/etc/nginx/../../x', '/etc//x', '/etc/./x', '/etc/x/', '/etc/\0'])(
  'refuses the path %j',
  async (path) => {
    const tree = treeOf('', { files: [{ path, text: '' }] });
    await expect(testConfiguration(bookworm, tree, { sandbox })).rejects.toThrow(TypeError);
  },
);

it('writes through no link', async () => {
  const outside = join(folder.path, 'outside');
  mkdirSync(outside);
  const tree = treeOf('', {
    files: [{ path: '/etc/nginx/conf.d/l/x', text: 'x' }],
    links: [
      { path: '/etc/nginx/conf.d/l', to: outside },
      { path: '/etc/nginx/conf.d/m', to: outside },
      { path: '/etc/nginx/conf.d/m/y', to: '/z' },
    ],
  });
  await testConfiguration(bookworm, tree, { sandbox }).catch(() => undefined);
  expect(existsSync(join(outside, 'x'))).toBe(false);
  expect(existsSync(join(outside, 'y'))).toBe(false);
});

it('can be read by the user that it is tested as, whatever the umask', async () => {
  const before = process.umask(0o077);
  try {
    expect(await testConfiguration(bookworm, treeOf(server()), { sandbox })).toMatchObject({ passed: true });
  } finally {
    process.umask(before);
  }
});

it('works in a temporary folder below a private one', async () => {
  const closed = join(folder.path, 'closed');
  mkdirSync(closed, { mode: 0o700 });
  const before = process.env.TMPDIR;
  process.env.TMPDIR = closed;
  try {
    expect(await testConfiguration(bookworm, treeOf(server()), { sandbox })).toMatchObject({ passed: true });
  } finally {
    process.env.TMPDIR = before;
  }
});

it('ends an nginx that hangs, and all that it started', async () => {
  const marker = `4${process.pid}.25`;
  const nginx = script('hang', `sleep ${marker} & setsid sleep ${marker} & sleep ${marker}`);
  const result = await testConfiguration(nginx, treeOf(server()), { sandbox, timeLimit: 700 });
  expect(said(result)).toBe(`nginx-timeout: ${nginx.path} -t did not end within 0.7 s and was ended`);
  const left = async () => (await execa('ps', ['-eo', 'args'])).stdout.includes(`sleep ${marker}`);
  await expect.poll(left, { timeout: 20_000 }).toBe(false);
});

it('ends an nginx that waits for a FIFO', async () => {
  const nginx = script('reads-fifo', 'exec cat "$(dirname "$0")/fifo"');
  await execa('mkfifo', [join(dirname(nginx.path), 'fifo')]);
  const result = await testConfiguration(nginx, treeOf(server()), { sandbox, timeLimit: 700 });
  expect(said(result)).toMatch(/^nginx-timeout/);
});

it.each([
  ['kill -SEGV $$', /^nginx-crashed: .* -t was ended by SIGSEGV/],
  [
    'echo "nginx: [emerg] half" >&2; kill -ABRT $$',
    /^nginx-crashed: .*SIGABRT; before, it said: nginx: \[emerg\] half/,
  ],
  ['exit 0', /^nginx-not-runnable: .*it said nothing/],
  ['exit 3', /^nginx-not-runnable/],
  ['exec /nowhere', /^nginx-not-runnable: .*\/nowhere/],
  ['echo "bwrap: I am not" >&2; exit 1', /^notice: bwrap: I am not/],
])('%s', async (text, expected) => {
  expect(said(await testConfiguration(script('odd', text), treeOf(server()), { sandbox: 'auto' }))).toMatch(expected);
});

it('does not take exit status 0 for a pass without the words', async () => {
  const nginx = script('quiet', 'echo "nginx: [warn] fine" >&2');
  expect(await testConfiguration(nginx, treeOf(server()), { sandbox })).toMatchObject({ passed: false });
});

it('says so when nginx has gone', async () => {
  const nginx = { ...script('gone', ''), path: join(folder.path, 'gone/bin/other') };
  expect(said(await testConfiguration(nginx, treeOf(server()), { sandbox }))).toMatch(/^nginx-not-runnable/);
});

it('stops when it is aborted', async () => {
  const controller = new AbortController();
  const nginx = script('slow', 'sleep 20');
  const test = testConfiguration(nginx, treeOf(server()), { sandbox, signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 300);
  await expect(test).rejects.toThrow('enough');
  await expect(testConfiguration(nginx, treeOf(''), { sandbox, signal: controller.signal })).rejects.toThrow('enough');
});

describe('without a sandbox that works', () => {
  const missing = () => {
    process.env.KEEPGATE_BWRAP = '/nowhere/bwrap';
  };
  const forbidden = () => {
    const { path } = script(
      'forbidden-bwrap',
      'echo "bwrap: Creating new namespace failed: Operation not permitted" >&2; exit 1',
    );
    process.env.KEEPGATE_BWRAP = path;
  };

  it('says what to install, or that it is forbidden', async () => {
    missing();
    const result = await testConfiguration(bookworm, treeOf(server()), { sandbox });
    expect(said(result)).toMatch(/^sandbox-missing: bubblewrap/);
    expect(result).toMatchObject({ diagnostic: { help: expect.stringMatching(/^Run: sudo \w+.* bubblewrap$/) } });
    forbidden();
    expect(said(await testConfiguration(bookworm, treeOf(server()), { sandbox }))).toBe(
      "sandbox-failed: the sandbox can't be set up: bwrap: Creating new namespace failed: Operation not permitted",
    );
  });

  it.each([missing, forbidden])('never tests raw text or a merge outside (%o)', async (prepare) => {
    prepare();
    for (const more of [{ raw: true }, { live: '/etc/nginx' }]) {
      for (const way of ['auto', 'none'] as const) {
        const result = await testConfiguration(bookworm, treeOf(server(), more), { sandbox: way });
        expect(said(result)).toMatch(/^(sandbox-required|live-not-readable):/);
      }
    }
  });
});

describe('in a prefix', () => {
  /** As root it runs as nobody, who must be able to reach it. */
  function reachable(): NginxBinary {
    const from = dirname(dirname(parts.nginx.bookworm));
    const to = join(folder.path, 'reachable');
    if (!existsSync(to)) {
      for (const part of ['lib', 'usr/lib', 'usr/sbin']) {
        if (existsSync(join(from, 'root', part)))
          cpSync(join(from, 'root', part), join(to, 'root', part), { recursive: true, verbatimSymlinks: true });
      }
      mkdirSync(join(to, 'bin'));
      const wrapper = readFileSync(parts.nginx.bookworm, 'utf8').replaceAll(from, to);
      writeFileSync(join(to, 'bin/nginx'), wrapper, { mode: 0o755 });
      chmodSync(folder.path, 0o755);
    }
    return { ...bookworm, path: join(to, 'bin/nginx') };
  }

  it('tests what can be tested, and says that it is less', async () => {
    const text = server(`location / { proxy_pass http://backend.internal:8080; }
    access_log /var/log/nginx/a.log; error_log /var/log/keepgate/b/c.log;
    listen 192.0.2.1:443 ssl; listen [2001:db8::1]:443 ssl ipv6only=on;`);
    const result = await testConfiguration(reachable(), treeOf(text, { names: ['backend.internal'] }), {
      sandbox: 'none',
    });
    expect(said(result)).toBe('');
    expect(result).toMatchObject({ passed: true, isolation: 'prefix', unread: [] });
  });

  it('names our files as they will be named', async () => {
    const result = await testConfiguration(reachable(), treeOf(server('listn 1;\nssl_dhparam /etc/none;')), {
      sandbox: 'none',
    });
    expect(said(result)).toBe(`emerg: unknown directive "listn" @ ${paths.link}:8`);
    const missing = await testConfiguration(reachable(), treeOf(server('ssl_dhparam /etc/none;')), { sandbox: 'none' });
    expect(said(missing)).toContain('"/etc/none"');
    expect(said(missing)).not.toContain(folder.path);
  });

  it('is the way when bubblewrap is missing', async () => {
    process.env.KEEPGATE_BWRAP = '/nowhere/bwrap';
    expect(await testConfiguration(reachable(), treeOf(server()), { sandbox: 'auto' })).toMatchObject({
      passed: true,
      isolation: 'prefix',
    });
  });

  it('ends what hangs and reports what crashes', async () => {
    chmodSync(folder.path, 0o755);
    const marker = `5${process.pid}.25`;
    const slow = script('prefix-slow', `sleep ${marker} & sleep ${marker}`);
    const options = { sandbox: 'none', timeLimit: 500 } as const;
    expect(said(await testConfiguration(slow, treeOf(server()), options))).toMatch(/^nginx-timeout/);
    const left = async () => (await execa('ps', ['-eo', 'args'])).stdout.includes(`sleep ${marker}`);
    await expect.poll(left, { timeout: 20_000 }).toBe(false);
    const crash = script('prefix-crash', 'kill -SEGV $$');
    expect(said(await testConfiguration(crash, treeOf(server()), { sandbox: 'none' }))).toMatch(
      /^nginx-crashed: .*SIGSEGV/,
    );
  });
});
