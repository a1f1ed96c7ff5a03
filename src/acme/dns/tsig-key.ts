/** The file with a TSIG key as `tsig-keygen` and BIND have it: `key "name" { algorithm hmac-sha256; secret "…"; };` */

import { KeepgateError } from '../../diagnostic.ts';
import { whyNotRead } from '../../files/regular-file.ts';
import { readSecretFile } from '../../files/secret-file.ts';

export interface TsigKey {
  /** In lower case, without the last dot. */
  readonly name: string;
  readonly algorithm: keyof typeof hashes;
  readonly secret: Buffer;
}

/** RFC 8945 §6: those that are neither broken nor truncated. By the name that OpenSSL has for the hash. */
export const hashes = { 'hmac-sha256': 'sha256', 'hmac-sha384': 'sha384', 'hmac-sha512': 'sha512' } as const;

/**
 * Reads a key file at an absolute path. Nothing of what stands in it is ever told, the name of the key apart.
 * @throws KeepgateError tsig-key-not-usable (4)
 */
export function readTsigKey(path: string): TsigKey {
  const contents = readSecretFile(path);
  const key = contents.state === 'read' ? parse(contents.bytes.toString()) : whyNotRead(contents);
  if (typeof key === 'string') throw notUsable(path, key);
  if (contents.state === 'read' && (contents.mode & 0o004) !== 0)
    throw notUsable(path, `everybody may read it; run: chmod o= ${path}`);
  return key;
}

const lexemes = /"([^"\n]*)"|\/\*[\s\S]*?\*\/|(?:\/\/|#)[^\n]*|([{};]|[^\s{};"]+)/g;

/** The key, or why it is none. */
function parse(text: string): TsigKey | string {
  const words = [...text.matchAll(lexemes)]
    .map(([, quoted, plain]) => quoted ?? plain)
    .filter((word) => word !== undefined);
  if (words.filter((word) => word === 'key').length > 1) return 'it holds more than one key';
  const [key, name = '', brace] = words;
  const fields = words.slice(3);
  if (key !== 'key' || brace !== '{') return 'it does not begin with: key "name" {';
  if (!/^[\w.-]{1,250}$/.test(name)) return 'the name of the key is no domain name';
  const algorithm = after(fields, 'algorithm').toLowerCase().replace(/\.$/, '');
  if (!isKnown(algorithm)) return `its algorithm is not one of ${Object.keys(hashes).join(', ')}`;
  const secret = after(fields, 'secret');
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(secret)) return 'its secret is missing, too short, or not base64';
  return { name: name.toLowerCase().replace(/\.$/, ''), algorithm, secret: Buffer.from(secret, 'base64') };
}

const after = (words: readonly string[], word: string): string => words[words.indexOf(word) + 1] ?? '';

const isKnown = (algorithm: string): algorithm is TsigKey['algorithm'] => Object.hasOwn(hashes, algorithm);

function notUsable(path: string, reason: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'tsig-key-not-usable',
    message: `the key file ${path} can't be used: ${reason}`,
    help: 'Make one with `tsig-keygen -a hmac-sha256 NAME`, give it to the DNS server too, and keep it readable for its owner alone.',
  });
}
