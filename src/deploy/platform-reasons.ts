/** What systems like RHEL keep nginx from, and how to allow it: SELinux and firewalld. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { findProgram } from '../nginx/binary.ts';
import { run } from '../nginx/run.ts';

export interface PlatformOptions {
  /** What nginx said. */
  readonly said: string;
  /** That clients connect to. */
  readonly ports: readonly number[];
  /** Folders that firewall-cmd is looked for in. */
  readonly path: readonly string[];
  /** Where the kernel shows SELinux; another folder in a test. */
  readonly selinux?: string;
}

/** Milliseconds for firewall-cmd, which asks over D-Bus. */
const limit = 10_000;

/** Findings where one of the two is, or will be, the reason of a failure; each with the exact command. */
export async function platformReasons({
  said,
  ports,
  path,
  selinux = '/sys/fs/selinux',
}: PlatformOptions): Promise<Diagnostic[]> {
  const enforcing = read(join(selinux, 'enforce')) === '1';
  return [...(enforcing ? selinuxReasons(said, selinux) : []), ...(await firewallReasons(ports, path))];
}

function selinuxReasons(said: string, selinux: string): Diagnostic[] {
  const port = /bind\(\) to \S*:(\d+) failed \(13: /.exec(said)?.[1];
  const file = /"(\/[^"]+)": .*Permission denied|open\(\) "(\/[^"]+)" failed \(13: /.exec(said);
  const denied = file?.[1] ?? file?.[2];
  const store = denied && /^(.*)\/live\/[^/]+\/[^/]+$/.exec(denied)?.[1];
  const connect = read(join(selinux, 'booleans/httpd_can_network_connect'))?.startsWith('0') === true;
  const found: Diagnostic[] = [];
  if (port !== undefined)
    found.push({
      code: 'selinux-blocks-port',
      severity: 'error',
      message: `SELinux keeps nginx from listening on port ${port}`,
      help: `sudo semanage port -a -t http_port_t -p tcp ${port}`,
    });
  if (store)
    found.push({
      code: 'selinux-blocks-files',
      severity: 'error',
      message: `SELinux keeps nginx from reading ${denied}`,
      help: `sudo semanage fcontext -a -t cert_t '${store}(/.*)?' && sudo restorecon -R ${store}`,
    });
  if (connect)
    found.push({
      code: 'selinux-blocks-backends',
      severity: 'warning',
      message: 'SELinux keeps nginx from connecting to backends: every request would get a 502',
      help: 'sudo setsebool -P httpd_can_network_connect on',
    });
  return found;
}

/** `--query-port` and `--query-service`: 0 for yes, 1 for no, another code where firewalld does not run. */
async function firewallReasons(ports: readonly number[], path: readonly string[]): Promise<Diagnostic[]> {
  const program = findProgram('firewall-cmd', path);
  if (program === undefined) return [];
  const services = new Map([
    [80, 'http'],
    [443, 'https'],
  ]);
  const closed: string[] = [];
  const added: string[] = [];
  for (const port of ports) {
    const service = services.get(port);
    const asked = [`--query-port=${port}/tcp`, ...(service === undefined ? [] : [`--query-service=${service}`])];
    const answers: (number | undefined)[] = [];
    for (const question of asked) answers.push((await run([program, question], { timeLimit: limit })).exitCode);
    if (!answers.every((code) => code === 1)) continue;
    closed.push(String(port));
    added.push(service === undefined ? `--add-port=${port}/tcp` : `--add-service=${service}`);
  }
  if (closed.length === 0) return [];
  const several = closed.length > 1;
  return [
    {
      code: 'firewalld-closed',
      severity: 'warning',
      message: `firewalld lets nobody connect to port${several ? 's' : ''} ${closed.join(' and ')}`,
      help: `sudo firewall-cmd --permanent ${added.join(' ')} && sudo firewall-cmd --reload`,
    },
  ];
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
