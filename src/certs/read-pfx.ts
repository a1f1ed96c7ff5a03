import type { Diagnostic } from '../diagnostic.ts';
import { notReadable, passwordNeeded, passwordWrong } from './import-findings.ts';
import { type OpensslResult, openssl } from './openssl.ts';

/** Asks for, or looks up, the password of what is shown as this; undefined when there is none to be had. */
export type PasswordSource = (what: string) => Promise<string | undefined>;

/**
 * The contents of a PFX file as PEM, the key in clear. An empty password is tried before one is asked for, and OpenSSL 3's
 * legacy algorithms where the file needs them: Windows wrote RC2 and 3DES until Server 2016.
 */
export async function readPfx(
  shown: string,
  bytes: Buffer,
  password: PasswordSource,
): Promise<{ readonly pem?: string; readonly diagnostics: readonly Diagnostic[] }> {
  const open = (secret: string) => withLegacy(bytes, secret);
  const first = await open('');
  if (first.ok) return { pem: first.stdout, diagnostics: [] };
  if (!isPassword(first)) return { diagnostics: [problem(shown, first)] };
  const secret = await password(shown);
  if (secret === undefined) return { diagnostics: [passwordNeeded(shown)] };
  const second = await open(secret);
  if (second.ok) return { pem: second.stdout, diagnostics: [] };
  return { diagnostics: [isPassword(second) ? passwordWrong(shown) : problem(shown, second)] };
}

async function withLegacy(bytes: Buffer, password: string): Promise<OpensslResult> {
  const args = ['pkcs12', '-nodes', '-passin', 'fd:3'];
  const plain = await openssl(args, bytes, password);
  return isUnsupported(plain) ? openssl([...args, '-legacy'], bytes, password) : plain;
}

/** What OpenSSL says to a wrong password: a MAC that doesn't fit, or without a MAC, what it can't decrypt. */
const isPassword = ({ stderr }: OpensslResult): boolean =>
  /Mac verify error|invalid password|mac verify failure|bad decrypt/i.test(stderr);

const isUnsupported = ({ ok, stderr }: OpensslResult): boolean => !ok && /unsupported/i.test(stderr);

function problem(shown: string, result: OpensslResult): Diagnostic {
  if (!isUnsupported(result) && !/legacy/i.test(result.stderr)) return notReadable(shown, 'the PFX file is damaged');
  return {
    code: 'import-legacy',
    severity: 'error',
    message: `${shown} is encrypted with an old algorithm (RC2 or 3DES) that the OpenSSL here refuses`,
    help: 'Install its legacy provider (sudo apt-get install openssl-provider-legacy), or have it exported with AES256-SHA256.',
  };
}
