import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shownPath } from '../certs/held-stores.ts';
import { KeepgateError } from '../diagnostic.ts';
import { readBelieved } from '../files/believed-file.ts';
import { replaceFile, syncFolder, temporaryIn, writeNew } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { whoElse } from '../files/trust.ts';

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
 * Makes the folders (0700) where they don't exist. A key or record that another user could have put there is refused.
 * @throws KeepgateError acme-account-files (4), from every method too
 */
export function accountFiles(accounts: string, directoryUrl: string): AccountFiles {
  const hash = createHash('sha256').update(directoryUrl).digest('hex').slice(0, 8);
  const host = new URL(directoryUrl).hostname.replace(/[^a-z0-9.-]/g, '');
  const folder = join(accounts, `${host}-${hash}`);
  const keyFile = join(folder, 'key.pem');
  const recordFile = join(folder, 'account.json');
  guarded(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  refuseForeign(folder);

  return {
    folder,
    key: () => {
      const existing = readKey(keyFile);
      if (existing !== undefined) return existing;
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      guarded(folder, () => writeUnlessThere(keyFile, pem));
      return readKey(keyFile) ?? refuse(keyFile, 'it is gone again');
    },
    record: () => (readKey(keyFile) === undefined ? undefined : parseRecord(textOf(recordFile))),
    save: (record) => {
      const text = `${JSON.stringify(record, null, 2)}\n`;
      guarded(folder, () => replaceFile(recordFile, text));
    },
    retireKey: (now) => {
      const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
      guarded(folder, () =>
        renameSync(keyFile, join(folder, `key-retired-${stamp}-${randomBytes(3).toString('hex')}.pem`)),
      );
    },
  };
}

function refuseForeign(folder: string): void {
  const stats = guarded(folder, () => lstatSync(folder));
  const why = stats.isDirectory() ? whoElse(stats) : 'is not a folder';
  if (why !== undefined) refuse(folder, `it ${why}`);
}

/** Undefined when there is none. The key is checked where it is used; here it only has to be one. */
function readKey(path: string): string | undefined {
  const text = textOf(path);
  if (text === undefined || text.startsWith('-----BEGIN PRIVATE KEY-----')) return text;
  return refuse(path, 'it is no PKCS#8 key in PEM');
}

/** Two names: whoever put the key there may have been killed before it took away the first. */
function textOf(path: string): string | undefined {
  const found = guarded(path, () => readBelieved(path, { names: 2 }));
  return found && 'problem' in found ? refuse(path, found.problem) : found?.text;
}

function parseRecord(text: string | undefined): AccountRecord | undefined {
  try {
    const record = JSON.parse(text ?? '');
    return record?.version === 1 && typeof record.url === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Of two programs that make a key at once, both use the one that is there first. */
function writeUnlessThere(path: string, text: string): void {
  const temporary = temporaryIn(dirname(path));
  try {
    writeNew(temporary, text);
    linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(dirname(path));
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (codeOf(error) === '') throw error;
    return refuse(path, codeOf(error));
  }
}

function refuse(path: string, reason: string): never {
  throw new KeepgateError(4, {
    code: 'acme-account-files',
    message: `the files of the ACME account can't be used: ${shownPath(path)}: ${reason}`,
    help: 'Run it as the user who owns the store, or name another store with --store.',
  });
}
