/** The versions of a certificate, and the one link that says which of them is served. */
import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, remove, replaceLink, syncFolder } from '../files/durable.ts';
import { codeOf } from '../files/errno.ts';
import { parse } from './documents.ts';
import { damaged, inStore } from './store-failure.ts';
import { type CertificateStore, certificateFolder, folderBelow, folderIn } from './store-folder.ts';

export interface VersionMeta {
  readonly version: 1;
  /** RFC 3339, as are notBefore and notAfter. */
  readonly createdAt: string;
  readonly origin: 'acme' | 'import';
  /** What it was asked for; the certificate may have more. */
  readonly names: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  /** The common name of the issuer, or its whole name. */
  readonly issuer: string;
  /** Hexadecimal, in capitals. */
  readonly serial: string;
  /** SHA-256, in pairs with colons. */
  readonly fingerprint: string;
  readonly directory?: string;
  readonly orderUrl?: string;
  readonly certificateUrl?: string;
  /** One of KeyType, or node:crypto's name of another kind. */
  readonly keyType: string;
  readonly profile?: string;
}

export interface StoredVersion {
  readonly number: number;
  /** Absolute path of the folder with fullchain.pem, cert.pem, chain.pem, privkey.pem and meta.json. */
  readonly folder: string;
  readonly meta: VersionMeta;
}

/** What `live/NAME` leads to: a version, a stand-in until there is one, or what a spec asks for with `self-signed`. */
export type Live = StoredVersion | 'stand-in' | 'self-signed';

/** The versions that are whole, the oldest first. @throws KeepgateError store-damaged (4) */
export function versionsOf(store: CertificateStore, name: string): StoredVersion[] {
  certificateFolder(store, name);
  const folder = folderBelow(store, 'certificates', name, 'versions');
  return inStore(() => namesIn(folder))
    .filter((entry) => /^[1-9]\d*$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((number) => versionAt(store, name, number) ?? []);
}

/** Undefined when there is no link, or one that leads to nothing that nginx could read. */
export function liveVersion(store: CertificateStore, name: string): Live | undefined {
  certificateFolder(store, name);
  const target = inStore(() => linkTarget(join(folderBelow(store, 'live'), name)));
  if (target === undefined) return undefined;
  const number = target.startsWith(`../certificates/${name}/versions/`) ? target.split('/').at(-1) : undefined;
  if (number !== undefined && /^[1-9]\d*$/.test(number)) return versionAt(store, name, Number(number));
  const kind = (['stand-in', 'self-signed'] as const).find((each) => target === `../${each}/${name}`);
  return kind && hasPair(folderBelow(store, kind, name)) ? kind : undefined;
}

/**
 * Serves this from the next reload of nginx on: the link is the old one until it is the new one.
 * @throws KeepgateError store-damaged (4) when the version isn't there
 */
export function switchTo(store: CertificateStore, name: string, live: Live): void {
  switchAll(store, [{ name, live }]);
}

/** The same for many, one after the other, with one wait for the disk. */
export function switchAll(
  store: CertificateStore,
  all: readonly { readonly name: string; readonly live: Live }[],
): void {
  for (const { name, live } of all) switchLater(store, name, live);
  inStore(() => syncFolder(folderIn(store, 'live')));
}

function switchLater(store: CertificateStore, name: string, live: Live): void {
  const below = typeof live === 'string' ? `${live}/${name}` : `certificates/${name}/versions/${live.number}`;
  certificateFolder(store, name);
  inStore(() => {
    const folder = folderBelow(store, ...below.split('/'));
    if (!hasPair(folder)) throw damaged(folder, 'it lacks fullchain.pem or privkey.pem');
    refuseForeignLink(store, name);
    replaceLink(join(folderIn(store, 'live'), name), `../${below}`, 'later');
  });
}

/** @throws KeepgateError store-damaged (4) when what is at `live/NAME` is no link, so that nothing can be switched to */
export function refuseForeignLink(store: CertificateStore, name: string): void {
  certificateFolder(store, name);
  const path = join(folderBelow(store, 'live'), name);
  const there = inStore(() => lstatSync(path, { throwIfNoEntry: false }));
  if (there && !there.isSymbolicLink()) throw damaged(path, 'it is not a symbolic link of keepgate');
}

/**
 * Removes all but the newest versions. The live one stays, and so do later ones and the one right before it, which a switch
 * that fails goes back to.
 * @returns the numbers of those that were removed
 */
export function prune(store: CertificateStore, name: string, keep = 5): number[] {
  const versions = versionsOf(store, name);
  const live = liveVersion(store, name);
  // Without a live one nothing is known to be superfluous.
  if (typeof live !== 'object') return [];
  const before = versions.findLast(({ number }) => number < live.number)?.number ?? live.number;
  const old = versions.slice(0, Math.max(0, versions.length - keep)).filter(({ number }) => number < before);
  for (const { folder } of old) inStore(() => remove(folder));
  return old.map(({ number }) => number);
}

function versionAt(store: CertificateStore, name: string, number: number): StoredVersion | undefined {
  const folder = folderBelow(store, 'certificates', name, 'versions', String(number));
  return inStore(() => {
    const path = join(folder, 'meta.json');
    const meta = parse(path);
    if (meta === undefined || !hasPair(folder)) return undefined;
    if (!isMeta(meta)) throw damaged(path, 'it lacks what a version is known by');
    return { number, folder, meta };
  });
}

const hasPair = (folder: string): boolean =>
  lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true &&
  ['fullchain.pem', 'privkey.pem'].every((file) => lstatSync(join(folder, file), { throwIfNoEntry: false })?.isFile());

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL: it is no link.
    if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(codeOf(error))) return undefined;
    throw error;
  }
}

function isMeta(value: Partial<VersionMeta>): value is VersionMeta {
  const { version, createdAt, origin, names, notBefore, notAfter, issuer, serial, fingerprint, keyType } = value;
  return (
    version === 1 &&
    [createdAt, origin, notBefore, notAfter, issuer, serial, fingerprint, keyType].every(
      (text) => typeof text === 'string',
    ) &&
    Array.isArray(names)
  );
}
