/** How a certificate was asked for: what `cert renew` needs when there is no spec. */
import { join } from 'node:path';
import { readDocument, saveDocuments } from './documents.ts';
import { damaged } from './store-failure.ts';
import { type CertificateStore, certificateFolder } from './store-folder.ts';

export const keyTypes = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyType = (typeof keyTypes)[number];

/** How names are proven to a CA. */
export type ChallengeChoice =
  | 'http-01'
  | { readonly webroot: string }
  | { readonly standalone: { readonly port?: number } }
  | { readonly 'dns-01': { readonly exec: string } }
  | {
      readonly 'dns-01': {
        readonly rfc2136: { readonly server: string; readonly zone: string; readonly keyFile: string };
      };
    };

export interface CertificateSettings {
  /** A-labels, wildcards, IP addresses without brackets; the first is the subject. */
  readonly names: readonly string[];
  /** `import`: somebody else issues it, so it is watched and never renewed. */
  readonly origin: 'acme' | 'import';
  /** The name or URL of an ACME directory. */
  readonly directory?: string;
  /** Absolute path of the CAs that the directory is trusted by. */
  readonly caFile?: string;
  readonly keyType: KeyType;
  readonly profile?: string;
  /** The common name of the topmost issuer. */
  readonly preferredChain?: string;
  readonly challenge?: ChallengeChoice;
  readonly reuseKey?: boolean;
  /** Absolute path. */
  readonly deployHook?: string;
  /** How many versions stay in the store. */
  readonly keep?: number;
  /** Nobody looks at DNS and port 80 before the CA does. */
  readonly skipPreflight?: boolean;
  /** `host:port` of the name server to ask, in the place of the system's. */
  readonly resolver?: string;
}

const file = 'settings.json';

/** @throws KeepgateError store-damaged (4) */
export function settingsOf(store: CertificateStore, name: string): CertificateSettings | undefined {
  const found = readDocument(store, name, file);
  if (found === undefined || isSettings(found)) return found;
  throw damaged(join(certificateFolder(store, name), file), 'it has no names, origin or key type that keepgate knows');
}

/** @throws KeepgateError store-not-writable (4) */
export function saveSettings(store: CertificateStore, name: string, settings: CertificateSettings): Promise<void> {
  return saveDocuments(store, name, { [file]: settings });
}

function isSettings(value: Partial<CertificateSettings>): value is CertificateSettings {
  const { names, origin, keyType } = value;
  return (
    Array.isArray(names) &&
    names.length > 0 &&
    names.every((name) => typeof name === 'string') &&
    (origin === 'acme' || origin === 'import') &&
    keyTypes.some((known) => known === keyType)
  );
}
