import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { readRegularFile, whyNotRead } from '../files/regular-file.ts';

/** What account.json holds. */
export interface AccountRecord {
  readonly version: 1;
  readonly directory: string;
  /** The account's URL at the CA, its name in every request. */
  readonly url: string;
  readonly email?: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The account of a directory on disk: `ACCOUNTS/<host>-<8 hex of the SHA-256 of the URL>/{key.pem,account.json}`. */
export interface AccountFiles {
  readonly folder: string;
  /** PKCS#8 PEM; the first call makes a new EC P-256 key and has it on the disk before it returns. */
  key(): string;
  /** Undefined when none was registered, its key is lost, or the file is damaged: then the CA is asked anew. */
  record(): AccountRecord | undefined;
  save(record: AccountRecord): void;
  /** Keeps a key that the CA accepts no more under another name: nothing that ever had certificates is thrown away. */
  retireKey(now: Date): void;
}

/**
 * Makes the folders (0700) where they don't exist.
 * @throws KeepgateError acme-account-files (4), from every method too
 */
export function accountFiles(accounts: string, directoryUrl: string): AccountFiles {
  const hash = createHash('sha256').update(directoryUrl).digest('hex').slice(0, 8);
  const host = new URL(directoryUrl).hostname.replace(/[^a-z0-9.-]/g, '');
  const folder = join(accounts, `${host}-${hash}`);
  const keyFile = join(folder, 'key.pem');
  const recordFile = join(folder, 'account.json');
  guarded(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));

  return {
    folder,
    key: () => {
      const existing = readKey(keyFile);
      if (existing !== undefined) return existing;
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      guarded(folder, () => write(folder, pem, (temporary) => linkUnlessThere(temporary, keyFile)));
      return readKey(keyFile) ?? refuse(keyFile, 'it is gone again');
    },
    record: () => (readKey(keyFile) === undefined ? undefined : parseRecord(readRegularFile(recordFile))),
    save: (record) => {
      const text = `${JSON.stringify(record, null, 2)}\n`;
      guarded(folder, () => write(folder, text, (temporary) => renameSync(temporary, recordFile)));
    },
    retireKey: (now) => {
      const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
      guarded(folder, () =>
        renameSync(keyFile, join(folder, `key-retired-${stamp}-${randomBytes(3).toString('hex')}.pem`)),
      );
    },
  };
}

/** Undefined when there is none. The key is checked where it is used; here it only has to be one. */
function readKey(path: string): string | undefined {
  const file = readRegularFile(path);
  if (file.state === 'missing') return undefined;
  if (file.state !== 'read') return refuse(path, whyNotRead(file));
  const text = file.bytes.toString('latin1');
  return text.startsWith('-----BEGIN PRIVATE KEY-----') ? text : refuse(path, 'it is no PKCS#8 key in PEM');
}

function parseRecord(file: ReturnType<typeof readRegularFile>): AccountRecord | undefined {
  if (file.state !== 'read') return undefined;
  try {
    const record = JSON.parse(file.bytes.toString('utf8'));
    return record?.version === 1 && typeof record.url === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Writes a temporary file (0600) to the disk, has it put into its place, and that written to the disk as well. */
function write(folder: string, text: string, place: (temporary: string) => void): void {
  const temporary = join(folder, `.new-${randomBytes(6).toString('hex')}`);
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    place(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Of two programs that make a key at once, both use the one that is there first. */
function linkUnlessThere(temporary: string, path: string): void {
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return refuse(path, String(error.code));
  }
}

function refuse(path: string, reason: string): never {
  throw new KeepgateError(4, {
    code: 'acme-account-files',
    message: `the files of the ACME account can't be used: ${path}: ${reason}`,
    help: 'Run it as the user who owns the store, or name another store with --store.',
  });
}
