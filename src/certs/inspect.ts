/**
 * Looks at certificates, CA bundles and password files on disk, so that nginx never has to in a check. Nothing is
 * written.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../diagnostic.ts';
import { type FileContents, readRegularFile } from '../files/regular-file.ts';
import { type Chain, checkChain, day, isExpired, nameOf, publicKeyOf } from './chain.ts';
import { checkPasswords } from './password-file.ts';
import { type PemBlock, pemBlocks } from './pem.ts';

export interface CertificateFiles {
  /** Path of the PEM chain. */
  readonly certificate: string;
  /** Path of the PEM key; may be the same file. */
  readonly key: string;
  /** The hosts that the site serves: names as A-labels, wildcards, IP addresses. */
  readonly names: readonly string[];
}

export interface Inspection {
  /** Whether the file, or both files, are known to be there, readable or not. */
  readonly present: boolean;
  /** Without `at`: the caller knows which place in the spec named the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * A server's certificate chain and key: kind, size and mode of the files, PEM, order, dates, names, strength, and
 * whether they belong together. Messages never hold key material.
 */
export function inspectCertificate({ certificate, key, names }: CertificateFiles, now: Date): Inspection {
  const chainFile = readRegularFile(certificate);
  const keyFile = key === certificate ? chainFile : readRegularFile(key);
  if (chainFile.state === 'missing' && keyFile.state === 'missing') return missingPair(certificate, key);
  const chain =
    chainFile.state === 'read' ? readChain('certificate', certificate, pemBlocks(chainFile.bytes)) : undefined;
  const held = keyFile.state === 'read' ? readKey(key, pemBlocks(keyFile.bytes)) : undefined;
  return {
    present: isThere(chainFile) && isThere(keyFile),
    diagnostics: [
      ...halfMissing({ path: certificate, file: chainFile }, { path: key, file: keyFile }),
      ...fileProblem('certificate', certificate, chainFile),
      ...(keyFile === chainFile ? [] : fileProblem('certificate', key, keyFile)),
      ...checkMode(certificate, chainFile),
      ...(keyFile === chainFile ? [] : checkMode(key, keyFile)),
      ...(held?.diagnostics ?? []),
      ...(chain?.diagnostics ?? []),
      ...(chain?.chain ? checkTogether(chain.chain, key, held?.key, names, now) : []),
    ],
  };
}

/** The same for contents that need not be in a file of that name; nothing is said about modes. */
export function inspectPair(
  certificate: { readonly path: string; readonly bytes: Buffer },
  key: { readonly path: string; readonly bytes: Buffer },
  names: readonly string[],
  now: Date,
): Diagnostic[] {
  const { chain, diagnostics } = readChain('certificate', certificate.path, pemBlocks(certificate.bytes));
  const held = readKey(key.path, pemBlocks(key.bytes));
  return [...held.diagnostics, ...diagnostics, ...(chain ? checkTogether(chain, key.path, held.key, names, now) : [])];
}

/** The CA bundle of client authentication or of a TLS upstream. An expired one among several is only a warning. */
export function inspectCaFile(path: string, now: Date): Inspection {
  const file = readRegularFile(path);
  if (file.state !== 'read') return { present: isThere(file), diagnostics: fileProblem('ca', path, file) };
  const { chain, diagnostics } = readChain('ca', path, pemBlocks(file.bytes));
  const all = chain?.certificates ?? [];
  const expired = all.filter((certificate) => isExpired(certificate, now));
  const severity = expired.length === all.length ? 'error' : 'warning';
  const dates = expired.map((certificate): Diagnostic => {
    const message = `${path}: the CA certificate "${nameOf(certificate)}" expired on ${day(certificate.validTo)}`;
    return {
      code: 'ca-expired',
      severity,
      message,
      help: 'Put its successor into the file: what it signed is refused.',
    };
  });
  return { present: true, diagnostics: [...diagnostics, ...dates] };
}

/** The user file of Basic authentication. Messages never hold a name or a hash. */
export function inspectPasswordFile(path: string): Inspection {
  const file = readRegularFile(path);
  if (file.state !== 'read') return { present: isThere(file), diagnostics: fileProblem('password-file', path, file) };
  const open: Diagnostic = {
    code: 'password-file-mode',
    severity: 'warning',
    message: `${path}: everyone on this machine can read the password hashes (mode ${octal(file.mode)})`,
    help: "Take that right away, and leave it to the group of nginx's workers: `chmod 640`.",
  };
  const diagnostics = checkPasswords(path, file.bytes.toString('utf8'));
  return { present: true, diagnostics: file.mode & 0o004 ? [open, ...diagnostics] : diagnostics };
}

const isThere = ({ state }: FileContents): boolean => state !== 'missing';

function missingPair(certificate: string, key: string): Inspection {
  const files = certificate === key ? `${certificate} does` : `${certificate} and ${key} do`;
  const message = `${files} not exist yet: a stand-in takes the certificate's place`;
  return { present: false, diagnostics: [{ code: 'certificate-missing', severity: 'info', message }] };
}

function halfMissing(...pair: readonly { path: string; file: FileContents }[]): Diagnostic[] {
  const gone = pair.find(({ file }) => !isThere(file));
  const other = pair.find(({ file }) => isThere(file));
  if (!gone || !other) return [];
  const message = `${gone.path} does not exist, though ${other.path}, which belongs to it, does`;
  const help = 'nginx needs both and would not start. Here a stand-in takes their place.';
  return [{ code: 'certificate-missing', severity: 'warning', message, help }];
}

/** The findings about a file that could not be read. That half a pair is missing is said elsewhere. */
function fileProblem(kind: 'certificate' | 'ca' | 'password-file', path: string, file: FileContents): Diagnostic[] {
  switch (file.state) {
    case 'read':
      return [];
    case 'missing': {
      const message = `${path} does not exist yet: a stand-in takes its place`;
      return kind === 'certificate' ? [] : [{ code: `${kind}-missing`, severity: 'info', message }];
    }
    case 'not-a-file': {
      const message = `${path} is ${file.kind}, not a file`;
      const help = 'Name a regular file, or a link to one: nginx would hang or not start.';
      return [{ code: `${kind}-not-a-file`, severity: 'error', message, help }];
    }
    case 'unreadable': {
      const message = `${path} could not be looked at: ${file.reason}`;
      const help = 'Run the check as a user who may read it.';
      return [{ code: `${kind}-unreadable`, severity: 'warning', message, help }];
    }
    case 'too-large': {
      const message = `${path} is larger than 1 MB`;
      const help = 'Such a file cannot be what was meant: see whether the path is right.';
      return [{ code: `${kind}-too-large`, severity: 'error', message, help }];
    }
  }
}

/** Who else may get at a private key; `file` may also be a chain that has a key in it. */
function checkMode(path: string, file: FileContents): Diagnostic[] {
  if (file.state !== 'read' || !pemBlocks(file.bytes).some(isKey)) return [];
  const rights = [
    ...(file.mode & 0o004 ? ['everyone on this machine can read'] : []),
    ...(file.mode & 0o002 ? ['everyone on this machine can change'] : []),
    ...(file.mode & 0o020 ? ['its group can change'] : []),
  ];
  if (rights.length === 0) return [];
  return [
    {
      code: 'certificate-key-mode',
      severity: file.mode & 0o006 ? 'error' : 'warning',
      message: `${path} holds a private key that ${rights.join(' and ')} (mode ${octal(file.mode)})`,
      help: '`chmod 600`: nginx reads it as root. If strangers could have read it, get a new key and certificate.',
    },
  ];
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

const isKey = ({ label }: PemBlock): boolean => label.endsWith('PRIVATE KEY');

function readChain(
  kind: 'certificate' | 'ca',
  path: string,
  blocks: readonly PemBlock[],
): { chain?: Chain; diagnostics: Diagnostic[] } {
  const code = `${kind}-malformed`;
  const certificates: X509Certificate[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const { label, text, line } of blocks) {
    if (!/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) continue;
    const certificate = attempt(() => new X509Certificate(text));
    if (certificate) {
      certificates.push(certificate);
      continue;
    }
    const place = certificates.length + diagnostics.length + 1;
    const message = `${path}: certificate ${place}, in line ${line}, is damaged`;
    diagnostics.push({ code, severity: 'error', message, help: 'Copy the file again from where it was issued.' });
  }
  const [leaf, ...others] = certificates;
  if (diagnostics.length > 0) return { diagnostics };
  if (leaf) return { chain: { path, certificates: [leaf, ...others] }, diagnostics };
  const found = blocks.map(({ label }) => label).join(', ');
  const message = `${path} has no PEM certificate in it${found ? `, only: ${found}` : ''}`;
  const help =
    'nginx reads PEM: lines from BEGIN CERTIFICATE to END CERTIFICATE. `openssl x509 -inform der` converts a DER file.';
  return { diagnostics: [{ code, severity: 'error', message, help }] };
}

function readKey(path: string, blocks: readonly PemBlock[]): { key?: KeyObject; diagnostics: Diagnostic[] } {
  const block = blocks.find(isKey);
  if (block && (block.label.startsWith('ENCRYPTED') || block.text.includes('Proc-Type: 4,ENCRYPTED'))) {
    const message = `${path}: the private key is encrypted, and nginx would ask for its pass phrase at every start`;
    const help = 'Decrypt it with `openssl pkey`, into a file that only root can read.';
    return { diagnostics: [{ code: 'certificate-key-encrypted', severity: 'error', message, help }] };
  }
  const key = block && attempt(() => createPrivateKey(block.text));
  if (key) return { key, diagnostics: [] };
  const message = block
    ? `${path}: the private key in line ${block.line} is damaged`
    : `${path} has no PEM private key in it`;
  const help = 'nginx reads PEM: lines from BEGIN PRIVATE KEY to END PRIVATE KEY.';
  return { diagnostics: [{ code: 'certificate-key-malformed', severity: 'error', message, help }] };
}

/** The key belongs to the first certificate; where the chain is out of order, to any of it. */
function checkTogether(
  chain: Chain,
  keyPath: string,
  key: KeyObject | undefined,
  names: readonly string[],
  now: Date,
): Diagnostic[] {
  const findings = checkChain(chain, names, now);
  const [leaf, ...others] = chain.certificates;
  if (key === undefined || leaf.checkPrivateKey(key)) return findings;
  const outOfOrder = findings.some(({ code }) => code === 'certificate-chain-order');
  if (outOfOrder && others.some((other) => other.checkPrivateKey(key))) return findings;
  const [wanted, given] = [publicKeyOf(leaf), key].map(
    (either) => either?.asymmetricKeyType?.toUpperCase() ?? 'another kind',
  );
  const reason =
    wanted === given ? 'it is another key of the same type' : `one is for ${wanted}, the other is ${given}`;
  const mismatch: Diagnostic = {
    code: 'certificate-key-mismatch',
    severity: 'error',
    message: `${keyPath} is not the key of the certificate in ${chain.path}: ${reason}`,
    help: 'Use the key that it was issued for: with this one every handshake fails, or nginx does not start.',
  };
  return [mismatch, ...findings];
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
