import { createSocket } from 'node:dgram';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { testConfiguration } from '../../src/nginx/sandbox.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { paths, said, server, treeOf, useOwnTemporaryFolder } from './test-tree.ts';

const folder = useOwnTemporaryFolder();

/** Inode, mode, owner, size and times of everything below the folders, as far as this user can look. */
function snapshot(...roots: string[]): string[] {
  const look = (path: string): string[] => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return [];
    const { ino, mode, uid, gid, size, mtimeMs, ctimeMs } = stats;
    const line = [path, ino, mode, uid, gid, size, mtimeMs, ctimeMs].join(' ');
    if (!stats.isDirectory()) return [line];
    try {
      return [line, ...readdirSync(path).flatMap((name) => look(join(path, name)))];
    } catch {
      return [line];
    }
  };
  return roots.flatMap(look);
}

/** A folder with a file in it, that everyone may read and write, and that no sandbox may show. */
function canary(): string {
  const path = join(folder.path, 'canary');
  mkdirSync(path, { recursive: true, mode: 0o777 });
  writeFileSync(join(path, 'included.conf'), '# read\n', { mode: 0o666 });
  return path;
}

const attempts: readonly (readonly [what: string, text: (canary: string) => string, said: RegExp])[] = [
  [
    'include of a file outside',
    (path) => `include ${path}/included.conf;`,
    /open\(\) ".*included.conf" failed \(2: No such file/,
  ],
  ['include of the password file', () => 'include /etc/shadow;', /open\(\) "\/etc\/shadow" failed \(2: No such file/],
  [
    'include of the accounts',
    () => 'include /etc/passwd;',
    /unknown directive "root:x:0:0::\/:" in|unexpected end|unknown directive/,
  ],
  ['a log outside', (path) => `error_log ${path}/log;`, /open\(\) ".*canary\/log" failed \(2: No such file/],
  [
    'a log over a file',
    (path) => `access_log ${path}/included.conf;`,
    /open\(\) ".*included.conf" failed \(2: No such file/,
  ],
  [
    'a log in /etc',
    () => 'error_log /etc/keepgate-was-here;',
    /open\(\) "\/etc\/keepgate-was-here" failed \(30: Read-only/,
  ],
  [
    'a log in /usr',
    () => 'error_log /usr/keepgate-was-here;',
    /open\(\) "\/usr\/keepgate-was-here" failed \(30: Read-only/,
  ],
  [
    'a cache outside',
    (path) => `proxy_cache_path ${path}/cache keys_zone=c:1m;`,
    /mkdir\(\) ".*canary\/cache" failed \(2: No such file/,
  ],
  ['an engine', (path) => `${server().replace(paths.key, `engine:${path}/evil.so:x`)}`, /evil\.so|engine/],
  [
    'a name server',
    () => `${server('location / { proxy_pass http://keepgate-asks-dns.example; }')}`,
    /host not found in upstream/,
  ],
  ['a resolver by name', () => 'resolver keepgate-asks-dns.example;', /host not found in resolver/],
];

describe.each(suites)('the nginx of Debian %s', (suite) => {
  it.each(attempts)('gets nowhere with %s', async (_, text, expected) => {
    const path = canary();
    const watched = ['/etc', '/var/log', '/usr/sbin', path];
    const before = snapshot(...watched);
    const nginx = await inspectNginx(nginxOf(suite));
    const result = await testConfiguration(nginx, treeOf(`${text(path)}\n`, { raw: true }), { sandbox: 'auto' });
    expect(said(result)).toMatch(expected);
    expect(result).toMatchObject({ passed: false, isolation: 'bwrap' });
    expect(snapshot(...watched)).toEqual(before);
  });

  it('loads no module and runs no engine from outside', async () => {
    const path = canary();
    const nginx = await inspectNginx(nginxOf(suite));
    const main = readFileSync(join(nginx.confDir ?? '', 'nginx.conf'), 'utf8');
    for (const [directive, expected] of [
      [`load_module ${path}/evil.so;`, /dlopen\(\) ".*evil\.so" failed/],
      ['ssl_engine keepgate;', /ENGINE_by_id\("keepgate"\) failed|not supported|unknown directive/],
      ['env KEEPGATE_BWRAP;', /^$/],
    ] as const) {
      const files = [{ path: '/etc/nginx/nginx.conf', text: `${directive}\n${main}` }];
      const result = await testConfiguration(nginx, treeOf('', { files, links: [], raw: true }), { sandbox: 'auto' });
      expect(said(result)).toMatch(expected);
    }
  });
});

it('would get somewhere without the sandbox', async () => {
  const path = canary();
  const text = `pid ${path}/pid; error_log ${path}/log; include ${path}/included.conf; events {} http { access_log off; `;
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${path}/${name};`);
  writeFileSync(join(path, 'nginx.conf'), `${text}${temp.join(' ')} }`);
  const before = snapshot(path);
  await execa(parts.nginx.bookworm, ['-t', '-c', join(path, 'nginx.conf'), '-p', path]);
  expect(snapshot(path)).not.toEqual(before);
  expect(readdirSync(path)).toEqual(expect.arrayContaining(['log', 'pid', 'proxy']));
});

it('sends nothing, not even to this machine', async () => {
  const received: string[] = [];
  const socket = createSocket('udp4', (message) => received.push(message.toString()));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  try {
    const syslog = `error_log syslog:server=127.0.0.1:${socket.address().port} debug;`;
    const nginx = await inspectNginx(parts.nginx.bookworm);
    await testConfiguration(nginx, treeOf(`${syslog}\n${server() + server()}`, { raw: true }), { sandbox: 'bwrap' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(received).toEqual([]);
  } finally {
    socket.close();
  }
});

/** There is no /proc inside, so the kernel is asked: capget(2), prctl(2), kill(2) and connect(2). */
const asks = `use Socket;
my ($prctl, $capget) = \`uname -m\` =~ /^(aarch64|riscv64)/ ? (167, 90) : (157, 125);
my ($head, $data) = (pack('Ll', 0x20080522, 0), "\\0" x 24);
syscall($capget, $head, $data);
my $bounding = 0;
for (0 .. 40) { $bounding |= 1 << $_ if syscall($prctl, 23, $_, 0, 0, 0) == 1 }
socket(my $socket, PF_INET, SOCK_DGRAM, 0);
my $network = connect($socket, sockaddr_in(9, inet_aton('192.0.2.1'))) ? 'reachable' : 'unreachable';
printf "caps %x %x, privileges %d, processes %d, network %s", unpack('L', $data), $bounding,
  syscall($prctl, 39, 0, 0, 0, 0), scalar(grep { kill 0, $_ } 1 .. 32768), $network;
`;

it('shows a program that runs inside neither files, processes, network nor environment of this machine', async () => {
  const bin = join(folder.path, 'spy/bin');
  mkdirSync(bin, { recursive: true });
  const spy = `#!/bin/sh
say() { echo "nginx: [warn] $*" >&2; }
say "id $(id -u)"
say "$(perl "\${0%/*}/spy.pl")"
say "proc $(ls /proc 2>/dev/null)"
say "etc $(ls /etc | sort | tr '\\n' ' ')"
say "environment $(env | cut -d= -f1 | sort | tr '\\n' ' ')"
for path in /etc/x /usr/x ${folder.path}/x "\${0%/*}/x"; do (echo x >"$path") 2>/dev/null && say "wrote $path"; done
mount -t tmpfs none /tmp 2>/dev/null && say mounted
unshare --user --map-root-user true 2>/dev/null && say "made a namespace"
cat /etc/shadow ${folder.path}/canary/included.conf 2>/dev/null && say "read"
exit 1
`;
  writeFileSync(join(bin, 'nginx'), spy, { mode: 0o755 });
  writeFileSync(join(bin, 'spy.pl'), asks);
  canary();
  process.env.KEEPGATE_SECRET = 'secret';
  const nginx = { ...(await inspectNginx(parts.nginx.bookworm)), path: join(bin, 'nginx') };
  const result = await testConfiguration(nginx, treeOf(''), { sandbox: 'bwrap' });
  delete process.env.KEEPGATE_SECRET;
  expect(said(result).split('\n')).toEqual([
    'warn: id 0',
    expect.stringMatching(/^warn: caps 400 400, privileges 1, processes [2-9], network unreachable$/i),
    'warn: proc',
    'warn: etc group hosts nginx nsswitch.conf passwd resolv.conf',
    'warn: environment GLIBC_TUNABLES LC_ALL PATH PWD',
  ]);
});
