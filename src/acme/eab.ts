import { KeepgateError } from '../diagnostic.ts';
import { whyNotRead } from '../files/regular-file.ts';
import { readSecretFile } from '../files/secret-file.ts';

/** Where, as absolute paths, the two values are that bind a new account to one with the CA (RFC 8555, section 7.3.4). */
export interface EabFiles {
  readonly kidFile: string;
  /** The MAC key in base64url, as CAs show it. */
  readonly keyFile: string;
}

/** @throws KeepgateError acme-eab-file (1); it never quotes the file */
export function readEab({ kidFile, keyFile }: EabFiles): { kid: string; hmacKey: string } {
  const kid = read(kidFile, /^[\x21-\x7e]+$/, 'a key identifier');
  return { kid, hmacKey: read(keyFile, /^[A-Za-z0-9_+/-]+={0,2}$/, 'a key in base64url') };
}

function read(path: string, form: RegExp, what: string): string {
  const file = readSecretFile(path);
  const text = file.state === 'read' ? file.bytes.toString('latin1').trim() : '';
  if (form.test(text)) return text;
  const reason = file.state === 'read' ? `it does not hold ${what} and nothing else` : whyNotRead(file);
  throw new KeepgateError(1, {
    code: 'acme-eab-file',
    message: `${path} can't be used for the external account binding: ${reason}`,
    help: 'Copy the key identifier and the key from the page of the CA into one file each.',
  });
}
