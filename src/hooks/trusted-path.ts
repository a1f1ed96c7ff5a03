import { KeepgateError } from '../diagnostic.ts';
import { trustedFile, type Untrusted } from '../files/trusted-file.ts';
import { printable } from '../nginx/printable.ts';

/**
 * Where the path of a hook leads, if nobody but root and this user can change what is there.
 * @throws KeepgateError hook-missing, hook-unsafe (4), with the command that mends it
 */
export function trustedHook(path: string): string {
  const found = trustedFile(path);
  if (found.trusted) return found.path;
  throw found.kind === 'missing' ? missing(found) : unsafe(found);
}

/** The command that makes a path trusted. */
export const mending = ({ at, mend }: Untrusted): string | undefined =>
  mend === undefined ? undefined : `${mend} ${quoted(at)}`;

function unsafe(untrusted: Untrusted): KeepgateError {
  const { at, why } = untrusted;
  const command = mending(untrusted);
  return new KeepgateError(4, {
    code: 'hook-unsafe',
    message: `the hook is not run, because ${printable(at)} is not safe: ${why}`,
    help: command ? `Run: ${command}` : 'Put the hook into a folder that only root and you can write to.',
  });
}

function missing({ at, why }: Untrusted): KeepgateError {
  return new KeepgateError(4, {
    code: 'hook-missing',
    message: `the hook ${printable(at)} can't be run: ${printable(why)}`,
    help: 'Name the absolute path of a program or script.',
  });
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", `'\\''`)}'`);
