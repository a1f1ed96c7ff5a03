/** The ledger on disk: STORE/ledger.json, mode 0600, replaced as a whole. */
import { join } from 'node:path';
import { parse, textOf } from '../certs/documents.ts';
import type { CertificateStore } from '../certs/store.ts';
import { inStore } from '../certs/store-failure.ts';
import { replaceFile } from '../files/durable.ts';
import { type DirectoryLedger, emptyLedger, type Ledger } from './ledger.ts';
import { unlessDamaged } from './state-file.ts';

const fileIn = ({ held }: CertificateStore): string => join(held, 'ledger.json');

/** A ledger that is damaged counts as none. @throws KeepgateError store-not-writable (4) when this user may not read it */
export function readLedger(store: CertificateStore): Ledger {
  const found = unlessDamaged(() => parse(fileIn(store)));
  return found && isLedger(found) ? found : emptyLedger;
}

/**
 * Reads, changes and writes it without letting go of this process. Other processes are kept away by the store's lock.
 * @throws KeepgateError store-not-writable (4)
 */
export function updateLedger(store: CertificateStore, change: (ledger: Ledger) => Ledger): void {
  const changed = change(readLedger(store));
  // Not worth a wait for the disk with every order: a power failure can damage it, and the CA counts as well.
  inStore(() => replaceFile(fileIn(store), textOf(changed), 'later'));
}

function isLedger(value: Partial<Ledger>): value is Ledger {
  const { version, directories } = value;
  return version === 1 && isObject(directories) && Object.values(directories).every(isDirectory);
}

function isDirectory(value: unknown): value is DirectoryLedger {
  if (!isObject(value)) return false;
  const { orders, certificates, failures, pauses } = value as Partial<DirectoryLedger>;
  return (
    listOf(orders, isText) &&
    listOf(certificates, ({ at, names }) => isText(at) && listOf(names, isText)) &&
    listOf(failures, ({ at, name }) => isText(at) && isText(name)) &&
    listOf(pauses, ({ until, reason, names = [] }) => isText(until) && isText(reason) && listOf(names, isText))
  );
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const isText = (value: unknown): boolean => typeof value === 'string';

const listOf = <T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean =>
  Array.isArray(list) && list.every((item) => item !== null && test(item));
