import { resolve } from 'node:path';
import { notReadable } from '../../../certs/import-findings.ts';
import { type Bundle, readBundle } from '../../../certs/read-bundle.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { whyNotRead } from '../../../files/regular-file.ts';
import { readSecretFile } from '../../../files/secret-file.ts';
import { askSecret } from '../../ask-secret.ts';
import type { Io } from '../../io.ts';

/**
 * All certificates and keys of these files. What is encrypted is opened with the first line of the password file, or with
 * what somebody types, which is asked once.
 * @throws KeepgateError import-password-file (1), openssl-missing (4)
 */
export async function readGiven(paths: readonly string[], passwordFile: string | undefined, io: Io): Promise<Bundle> {
  const fromFile = passwordFile === undefined ? undefined : firstLine(passwordFile, io);
  let typed: Promise<string | undefined> | undefined;
  const password = async (what: string) => {
    if (fromFile !== undefined) return fromFile;
    typed ??= askSecret(`Password of ${what}: `, io);
    return typed;
  };
  const bundles: Bundle[] = [];
  for (const path of new Set(paths)) bundles.push(await readOne(path, password, io));
  return {
    certificates: bundles.flatMap(({ certificates }) => certificates),
    keys: bundles.flatMap(({ keys }) => keys),
    diagnostics: bundles.flatMap(({ diagnostics }) => diagnostics),
  };
}

async function readOne(path: string, password: Parameters<typeof readBundle>[2], io: Io): Promise<Bundle> {
  const file = readSecretFile(resolve(io.cwd, path));
  if (file.state === 'read') return readBundle(path, file.bytes, password);
  return { certificates: [], keys: [], diagnostics: [notReadable(path, whyNotRead(file))] };
}

/** A password, from the first line of a file. @throws KeepgateError import-password-file (1) */
export function firstLine(path: string, io: Io): string {
  const file = readSecretFile(resolve(io.cwd, path));
  if (file.state === 'read') return file.bytes.toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  throw new KeepgateError(1, {
    code: 'import-password-file',
    message: `the password file ${path} can't be read: ${whyNotRead(file)}`,
    help: 'Name a file with the password as its first line.',
  });
}
