/** Certificates and keys out of PEM, DER, PFX (PKCS#12) and P7B (PKCS#7) files. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../diagnostic.ts';
import { asBytes, formatOf } from './bundle-format.ts';
import * as der from './der.ts';
import { notReadable, passwordNeeded, passwordWrong } from './import-findings.ts';
import { openssl } from './openssl.ts';
import { type PemBlock, pemBlocks } from './pem.ts';
import { type PasswordSource, readPfx } from './read-pfx.ts';

export interface Bundle {
  readonly certificates: readonly X509Certificate[];
  readonly keys: readonly KeyObject[];
  readonly diagnostics: readonly Diagnostic[];
}

/** PBES2, which encrypts a key as DER (RFC 8018, appendix A.4). */
const passwordBased = der.oid('1.2.840.113549.1.5.13');

const nothing: Bundle = { certificates: [], keys: [], diagnostics: [] };

/** Reads one file. `shown` names it in messages, which never hold key material or a password. @throws KeepgateError openssl-missing (4) */
export async function readBundle(shown: string, contents: Buffer, password: PasswordSource): Promise<Bundle> {
  const bytes = asBytes(contents);
  switch (formatOf(bytes)) {
    case 'pem':
      return readPem(shown, bytes, password);
    case 'certificate':
      return { ...nothing, certificates: [new X509Certificate(bytes)] };
    case 'pkcs7':
      return readPkcs7(shown, bytes, 'DER');
    case 'pkcs12': {
      const { pem, diagnostics } = await readPfx(shown, bytes, password);
      return pem === undefined ? { ...nothing, diagnostics } : readPem(shown, Buffer.from(pem), password);
    }
    case 'key':
      return readKey(shown, bytes, password);
    case 'unknown':
      return {
        ...nothing,
        diagnostics: [notReadable(shown, 'it is none of PEM, DER, PFX (PKCS#12) and P7B (PKCS#7)')],
      };
  }
}

async function readPem(shown: string, bytes: Buffer, password: PasswordSource): Promise<Bundle> {
  const found: Bundle[] = [];
  for (const block of pemBlocks(bytes)) found.push(await readBlock(`${shown}, line ${block.line}`, block, password));
  return {
    certificates: found.flatMap(({ certificates }) => certificates),
    keys: found.flatMap(({ keys }) => keys),
    diagnostics: found.flatMap(({ diagnostics }) => diagnostics),
  };
}

async function readBlock(place: string, { label, text }: PemBlock, password: PasswordSource): Promise<Bundle> {
  if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) {
    try {
      return { ...nothing, certificates: [new X509Certificate(text)] };
    } catch {
      return { ...nothing, diagnostics: [notReadable(place, 'the certificate there is damaged')] };
    }
  }
  if (label === 'PKCS7') return readPkcs7(place, Buffer.from(text), 'PEM');
  return label.endsWith('PRIVATE KEY') ? readKey(place, text, password) : nothing;
}

async function readPkcs7(place: string, bytes: Buffer, form: 'DER' | 'PEM'): Promise<Bundle> {
  const { ok, stdout } = await openssl(['pkcs7', '-inform', form, '-print_certs'], bytes);
  const certificates = pemBlocks(Buffer.from(stdout)).map(({ text }) => new X509Certificate(text));
  if (ok && certificates.length > 0) return { ...nothing, certificates };
  return { ...nothing, diagnostics: [notReadable(place, 'the PKCS#7 there is damaged, or holds no certificate')] };
}

async function readKey(place: string, key: string | Buffer, password: PasswordSource): Promise<Bundle> {
  const clear = open(key);
  if (clear) return { ...nothing, keys: [clear] };
  const encrypted = typeof key === 'string' ? key.includes('ENCRYPTED') : key.includes(passwordBased);
  if (!encrypted) return { ...nothing, diagnostics: [notReadable(place, 'the private key there is damaged')] };
  const passphrase = await password(place);
  if (passphrase === undefined) return { ...nothing, diagnostics: [passwordNeeded(place)] };
  const opened = open(key, passphrase);
  return opened ? { ...nothing, keys: [opened] } : { ...nothing, diagnostics: [passwordWrong(place)] };
}

/** The forms of a private key as DER: PKCS#8 (RFC 5958), PKCS#1 (RFC 8017, A.1.2), SEC 1 (RFC 5915). */
const forms = ['pkcs8', 'pkcs1', 'sec1'] as const;

/** PEM or DER; undefined when it can't be read, or not with this password. */
function open(key: string | Buffer, passphrase?: string): KeyObject | undefined {
  const secret = passphrase === undefined ? {} : { passphrase };
  const inputs =
    typeof key === 'string'
      ? [{ key, ...secret }]
      : forms.map((type) => ({ key, format: 'der' as const, type, ...secret }));
  for (const input of inputs) {
    try {
      return createPrivateKey(input);
    } catch {
      // Another form, another password, or damaged.
    }
  }
  return undefined;
}
