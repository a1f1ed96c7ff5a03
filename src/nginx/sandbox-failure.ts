import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Diagnostic } from '../diagnostic.ts';
import { printable } from './printable.ts';

/** Why there is no verdict of nginx, and the way out of it. */
function failure(code: string, message: string, help: string): Diagnostic {
  return { code, severity: 'error', message, help };
}

export function missing(): Diagnostic {
  return failure('sandbox-missing', 'bubblewrap (bwrap), which nginx is tested in, is not installed', installHint());
}

/** `cause`: why bubblewrap can't be used, if it is not that nobody wants it. */
export function required(raw: boolean, cause?: Diagnostic): Diagnostic {
  const what = raw ? 'raw nginx text, which can run code,' : "a merge with the machine's own configuration";
  const why = cause ? `: ${cause.message}` : ', and it was switched off';
  return failure(
    'sandbox-required',
    `${what} is tested in the sandbox only${why}`,
    cause?.help ?? 'Leave out --sandbox none.',
  );
}

export function sandboxFailed(said: string): Diagnostic {
  const restricted = readTrimmed('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1';
  const help = restricted
    ? 'AppArmor forbids user namespaces here; allow them: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0'
    : 'Containers often forbid namespaces: run keepgate outside of it, or give the container the right to make them.';
  return failure('sandbox-failed', `the sandbox can't be set up: ${printable(said, 300) || 'no reason given'}`, help);
}

/** As root, without bubblewrap: nginx runs as `nobody`, who can't pass a folder above `path`. */
export function unreachable(path: string): Diagnostic {
  return failure(
    'sandbox-failed',
    `without bubblewrap nginx is tested as the user nobody, who can't reach ${printable(path)}`,
    `Run keepgate as an ordinary user, or install bubblewrap. ${installHint()}`,
  );
}

/** One of the programs around bubblewrap did not start. */
export function programMissing(program: string, reason: string): Diagnostic {
  return failure(
    'sandbox-missing',
    `${program}, which the sandbox needs, can't be started (${reason})`,
    `Install util-linux, which has prlimit and setpriv. ${installHint('util-linux')}`,
  );
}

/** `root`: the folder that they were to be laid out in, whose name is nobody's business. */
export function notLaidOut(error: Error & { readonly code?: string }, root = ''): Diagnostic {
  if (['ENOTDIR', 'EISDIR', 'EEXIST'].includes(error.code ?? ''))
    return failure(
      'sandbox-failed',
      `a file and a folder would have to be at the same place: ${printable(root === '' ? error.message : error.message.replaceAll(root, ''), 300)}`,
      'See which certificate, template or file of this machine has the path of a folder.',
    );
  return failure(
    'sandbox-failed',
    `the files for nginx can't be laid out in the temporary folder: ${printable(error.message, 300)}`,
    'Set TMPDIR to a folder that you can write to and that has room.',
  );
}

export function timedOut(nginx: string, milliseconds: number): Diagnostic {
  return failure(
    'nginx-timeout',
    `${printable(nginx)} -t did not end within ${Math.round(milliseconds / 100) / 10} s and was ended`,
    'A certificate or an include that is a FIFO makes nginx wait; so does a name server that is not there.',
  );
}

export function crashed(nginx: string, signal: number | string, said: string): Diagnostic {
  const name = typeof signal === 'string' ? signal : (signalName(signal) ?? `signal ${signal}`);
  const words = printable(said, 300);
  return failure(
    'nginx-crashed',
    `${printable(nginx)} -t was ended by ${name}${words === '' ? '' : `; before, it said: ${words}`}`,
    'A file that includes itself does that, and so does a module that was built for another nginx.',
  );
}

export function notRunnable(nginx: string, said: string): Diagnostic {
  return failure(
    'nginx-not-runnable',
    `${printable(nginx)} can't be run in the sandbox: ${printable(said, 300) || 'it said nothing'}`,
    'Use an nginx whose libraries are below /usr, or in the folder above its bin or sbin folder.',
  );
}

function signalName(signal: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
}

/** The command for this machine's distribution (os-release(5)). */
function installHint(name = 'bubblewrap'): string {
  const release = readTrimmed('/etc/os-release');
  const ids = (release.match(/^ID(_LIKE)?=.*$/gm) ?? []).join(' ');
  if (/alpine/.test(ids)) return `Run: sudo apk add ${name}`;
  if (/fedora|rhel|centos|suse/.test(ids)) return `Run: sudo ${/suse/.test(ids) ? 'zypper' : 'dnf'} install ${name}`;
  if (/arch/.test(ids)) return `Run: sudo pacman -S ${name}`;
  return `Run: sudo apt-get install ${name}`;
}

function readTrimmed(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
