import { createPrivateKey } from 'node:crypto';
import type { ExportContents, ExportForm, ExportSource } from './formats.ts';

/**
 * The chain, and the key as PKCS#8 (RFC 5958), with a password encrypted by AES-256-CBC. A server that asks for no password,
 * such as the Domino REST API, wants none here.
 */
export function toPem({ fullchain, key }: ExportSource, { password }: ExportForm): ExportContents {
  const secret = password === '' ? {} : { cipher: 'aes-256-cbc', passphrase: password };
  const text = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', ...secret });
  return { store: Buffer.from(fullchain), key: Buffer.from(text) };
}
