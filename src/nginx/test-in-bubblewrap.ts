import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import type { NginxBinary } from './binary.ts';
import { builtInFolders } from './built-in-folders.ts';
import { sandboxCommand } from './bwrap.ts';
import { limited } from './limits.ts';
import { type Machine, readMachine } from './machine.ts';
import { isSystems } from './mounts.ts';
import { printable } from './printable.ts';
import { run } from './run.ts';
import type { Attempt, TestResult, TestTree } from './sandbox.ts';
import { unreadFiles } from './unread.ts';
import { verdictOf } from './verdict.ts';

/** `nginx -t` on the very bytes at their final paths, under the distribution's or the machine's own nginx.conf. */
export async function testInBubblewrap(attempt: Attempt, bwrap: string): Promise<TestResult> {
  const { nginx, tree, timeLimit, signal, laidOut, asRoot } = attempt;
  const machine = machineOf(nginx, tree);
  const folders = writtenFolders(nginx.configure, machine.folders);
  layOut(attempt, machine, folders);

  const test = [nginx.path, '-t', '-c', '/etc/nginx/nginx.conf'];
  const inside = sandboxCommand({ bwrap, nginx: nginx.path, root: laidOut.root, folders, asRoot }, test);
  if (asRoot) laidOut.shareWithNobody();
  const result = await run(limited(inside, tree.files.length + machine.files.size, timeLimit), { timeLimit, signal });
  const exitCode = /"exit-code": (\d+)/.exec(result.status)?.[1];
  const verdict = verdictOf(nginx.path, result, exitCode === undefined ? undefined : Number(exitCode), timeLimit);
  if ('diagnostic' in verdict) return { outcome: 'failed', diagnostic: verdict.diagnostic };
  const standIns = [...machine.certificates];
  return {
    outcome: 'tested',
    passed: verdict.passed,
    messages: verdict.messages.filter(({ text }) => !standIns.some((path) => isNotStapled(text, path))),
    isolation: 'bwrap',
    unread: unreadFiles(tree, machine.includes),
    skipped: machine.skipped.map((text) => printable(text)),
  };
}

/** nginx warns that it can't staple for a certificate that signed itself, which the real one has not done. */
function isNotStapled(text: string, certificate: string): boolean {
  return text.startsWith('"ssl_stapling" ignored') && text.includes(`"${certificate}"`);
}

function machineOf(nginx: NginxBinary, { live, without = [] }: TestTree): Machine {
  const folder = live ?? nginx.confDir;
  const whole = live !== undefined;
  if (live !== undefined && !existsSync(posix.join(live, 'nginx.conf'))) {
    throw new KeepgateError(4, {
      code: 'live-not-readable',
      message: `there is no nginx.conf that can be read in ${printable(live)}`,
      help: 'Name the folder of a whole nginx configuration, such as /etc/nginx.',
    });
  }
  return readMachine(folder, { whole, modules: nginx.path.startsWith('/usr/'), configure: nginx.configure, without });
}

function layOut({ tree, laidOut }: Attempt, machine: Machine, folders: readonly string[]): void {
  const { certificatePem, keyPem } = tree.standIns;
  const certificates = new Set([...tree.standIns.certificates, ...machine.certificates]);
  const keys = new Set([...tree.standIns.keys, ...machine.keys]);
  const copied = [...machine.files].filter(([path]) => !certificates.has(path) && !keys.has(path));
  laidOut.fill({
    files: [
      ...accounts(machine.users, tree.names, machine.names),
      ...tree.files.map(({ path, text }) => [path, text] as const),
      ...copied,
    ],
    links: [
      ...tree.links.map(({ path, to }) => [path, to] as const),
      ...machine.links,
      ['/var/run', '/run'],
      ['/var/lock', '/run'],
    ],
    certificates,
    keys,
    certificatePem,
    keyPem,
    folders,
  });
}

/** Users that are all root, and host names that are all loopback: no account and no name server is asked. */
function accounts(users: Iterable<string>, ...names: Iterable<string>[]): (readonly [path: string, text: string])[] {
  const plain = (values: Iterable<string>) => [...new Set(values)].filter((value) => /^[\w.-]+$/.test(value));
  const logins = plain(['root', 'www-data', 'nginx', 'nobody', ...users]);
  const hosts = plain(['localhost', ...names.flatMap((some) => [...some])]);
  return [
    ['/etc/passwd', logins.map((login) => `${login}:x:0:0::/:\n`).join('')],
    ['/etc/group', [...logins, 'nogroup'].map((login) => `${login}:x:0:\n`).join('')],
    ['/etc/hosts', hosts.map((host) => `127.0.0.1 ${host}\n`).join('')],
    ['/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files\n'],
    // Tengine and Angie read it when they start; there is no name server at that address.
    ['/etc/resolv.conf', 'nameserver 127.0.0.1\n'],
  ];
}

/** Every distribution's nginx writes in these. */
const usual = ['/run', '/tmp', '/var/tmp', '/var/cache/nginx', '/var/lib/nginx', '/var/log/nginx'];

/** Also those that this nginx was built to write in, and those that the machine's configuration names. */
function writtenFolders(configure: readonly string[], named: Iterable<string>): string[] {
  const folders = new Set([...usual, ...builtInFolders(configure), ...named]);
  return [...folders].filter((folder) =>
    folder.startsWith('/usr/')
      ? existsSync(folder) || !isSystems(nearest(folder))
      : !/^\/(?:$|(?:dev|proc|sys|lib\d*|s?bin)(?:\/|$)|etc$)/.test(folder),
  );
}

/** The folder above, of those that are there. */
function nearest(path: string): string {
  const above = posix.dirname(path);
  return existsSync(above) ? above : nearest(above);
}
