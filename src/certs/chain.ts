/**
 * What can be wrong with a server's certificate chain, leaf first. Pure: certificates and the time in, findings
 * out.
 */
import type { KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Diagnostic } from '../diagnostic.ts';
import * as der from './der.ts';

/** The certificates of one file, in its order; the first is the server's own. */
export interface Chain {
  readonly path: string;
  readonly certificates: readonly [X509Certificate, ...X509Certificate[]];
}

/**
 * Everything but the private key: order and links, dates, names, strength. A reversed chain is read from its end
 * for the rest.
 */
export function checkChain(chain: Chain, names: readonly string[], now: Date): Diagnostic[] {
  const [last, ...others] = chain.certificates.toReversed();
  const backwards = last && { path: chain.path, certificates: [last, ...others] as const };
  if (backwards && others.length > 0 && brokenLink(backwards) === undefined) {
    return [reversedOrder(backwards), ...checkInOrder(backwards, names, now)];
  }
  return [...checkLinks(chain), ...checkInOrder(chain, names, now)];
}

/** What is wrong with the order alone; undefined where each signed the one before it. */
export const orderProblem = (chain: Chain): Diagnostic | undefined =>
  checkChain(chain, [], new Date(0)).find(({ code }) => code === 'certificate-chain-order');

function checkInOrder(chain: Chain, names: readonly string[], now: Date): Diagnostic[] {
  return [
    ...checkDates(chain, now),
    ...checkNames(chain, names),
    ...chain.certificates.flatMap((certificate) => checkStrength(chain.path, certificate)),
  ];
}

/** The name to call a certificate by: its common name, its first alternative name, or its serial number. */
export function nameOf(certificate: X509Certificate): string {
  // Node gives no subject at all for the empty one that short-lived certificates have.
  const subject: string | undefined = certificate.subject;
  return commonName(subject ?? '') ?? alternativeNames(certificate)[0] ?? `serial number ${certificate.serialNumber}`;
}

/** The issuer's common name, or all of its name. */
export const issuerOf = ({ issuer }: X509Certificate): string => commonName(issuer) ?? issuer.replaceAll('\n', ', ');

const commonName = (name: string): string | undefined =>
  name
    .split('\n')
    .findLast((part) => part.startsWith('CN='))
    ?.slice(3);

/** The date, as in an answer to "when": `2026-11-24`. */
export const day = (date: string): string => new Date(date).toISOString().slice(0, 10);

function checkLinks(chain: Chain): Diagnostic[] {
  const { path, certificates } = chain;
  const [leaf, ...others] = certificates;
  if (others.length === 0) return isSelfSigned(leaf) ? [] : [withoutChain(path, leaf)];
  const broken = brokenLink(chain);
  if (broken !== undefined) return [brokenOrder(chain, broken)];
  const last = certificates.at(-1);
  return last && isSelfSigned(last) ? [rootInChain(path, last)] : [];
}

/** The place, from 0, of the first certificate that the one after it did not sign. */
function brokenLink({ certificates }: Chain): number | undefined {
  const broken = certificates.findIndex((certificate, index) => {
    const next = certificates[index + 1];
    return next !== undefined && !isSignedBy(certificate, next);
  });
  return broken < 0 ? undefined : broken;
}

const rightOrder = "Put the server's own certificate first, then each certificate that signed the one before it.";

function brokenOrder({ path, certificates }: Chain, index: number): Diagnostic {
  const [signed, signer] = certificates.slice(index).map(nameOf);
  const message = `${path}: certificate ${index + 1} ("${signed}") is not signed by ${index + 2} ("${signer}")`;
  return { code: 'certificate-chain-order', severity: 'error', message, help: rightOrder };
}

function reversedOrder({ path, certificates: [leaf] }: Chain): Diagnostic {
  const message = `${path}: the chain is in reverse order: the server's own, "${nameOf(leaf)}", stands last`;
  return { code: 'certificate-chain-order', severity: 'error', message, help: rightOrder };
}

const withoutChain = (path: string, leaf: X509Certificate): Diagnostic => ({
  code: 'certificate-no-chain',
  severity: 'warning',
  message: `${path}: the certificate of "${nameOf(leaf)}" stands alone, without that of its issuer`,
  help: "Append the issuer's certificate (CAs call the result the full chain): many clients cannot find it.",
});

const rootInChain = (path: string, root: X509Certificate): Diagnostic => ({
  code: 'certificate-root-in-chain',
  severity: 'info',
  message: `${path}: the root "${nameOf(root)}" ends the chain, though clients use their own copy`,
  help: 'Leave it out: it makes every handshake longer.',
});

function checkDates({ path, certificates }: Chain, now: Date): Diagnostic[] {
  const [leaf, ...others] = certificates;
  // A root is not looked at: clients use their own copy.
  const found = [leaf, ...others.filter((other) => !isSelfSigned(other))].flatMap((certificate): Diagnostic[] => {
    const { validFrom, validTo } = certificate;
    const about = `${path}: the certificate of "${nameOf(certificate)}"`;
    if (isExpired(certificate, now)) {
      const message = `${about} expired on ${day(validTo)}`;
      return [{ code: 'certificate-expired', severity: 'error', message, help: 'Renew it.' }];
    }
    if (now.getTime() >= Date.parse(validFrom)) return [];
    const message = `${about} is not valid before ${day(validFrom)}`;
    const help = "Clients refuse it until then. If that day is past, this machine's clock is wrong.";
    return [{ code: 'certificate-not-yet-valid', severity: 'error', message, help }];
  });
  return found.length > 0 || !expiresSoon(leaf, now)
    ? found
    : [
        {
          code: 'certificate-expires-soon',
          severity: 'warning',
          message: `${path}: the certificate of "${nameOf(leaf)}" expires on ${day(leaf.validTo)}`,
          help: 'Less than a tenth of its lifetime is left, so its renewal is late: see whether it still works.',
        },
      ];
}

export const isExpired = ({ validTo }: X509Certificate, now: Date): boolean => now.getTime() > Date.parse(validTo);

function expiresSoon({ validFrom, validTo }: X509Certificate, now: Date): boolean {
  const end = Date.parse(validTo);
  return end - now.getTime() < (end - Date.parse(validFrom)) / 10;
}

/** Clients compare alternative names alone, and let a wildcard stand for one whole label (RFC 9525, section 6). */
function checkNames({ path, certificates: [leaf] }: Chain, names: readonly string[]): Diagnostic[] {
  const lacking = names.filter((name) => !isFor(leaf, name));
  if (lacking.length === 0) return [];
  const has = alternativeNames(leaf);
  const shown = has.length > 8 ? [...has.slice(0, 8), `${has.length - 8} more`] : has;
  return [
    {
      code: 'certificate-name-mismatch',
      severity: 'error',
      message: `${path}: the certificate is not for ${lacking.join(', ')}; it is for ${shown.join(', ') || 'no name'}`,
      help: 'Have it issued for every host of the site, as subject alternative names: the common name does not count.',
    },
  ];
}

/** Whether clients take it for this host. */
export function isFor(certificate: X509Certificate, name: string): boolean {
  const address = name.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0) return certificate.checkIP(address) !== undefined;
  return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

/** Host names, wildcards and addresses that it is for, as OpenSSL writes them. */
export function alternativeNames(certificate: X509Certificate): string[] {
  const found = certificate.subjectAltName?.matchAll(/(?:DNS|IP Address):([^,]+)/g) ?? [];
  return Array.from(found, ([, name = '']) => name);
}

const weakSignatures = new Map([
  [der.oid('1.2.840.113549.1.1.5').toString('hex'), 'SHA-1'],
  [der.oid('1.2.840.10045.4.1').toString('hex'), 'SHA-1'],
  [der.oid('1.2.840.113549.1.1.4').toString('hex'), 'MD5'],
]);

/** OpenSSL 3 refuses them with its usual security level, so nginx would not start. Nobody checks a root's signature. */
function checkStrength(path: string, certificate: X509Certificate): Diagnostic[] {
  const key = publicKeyOf(certificate);
  const bits = key?.asymmetricKeyType?.startsWith('rsa') ? key.asymmetricKeyDetails?.modulusLength : undefined;
  const [, algorithm = Buffer.of()] = der.children(certificate.raw);
  const [identifier = Buffer.of()] = der.children(algorithm);
  const digest = isSelfSigned(certificate) ? undefined : weakSignatures.get(Buffer.from(identifier).toString('hex'));
  const reasons = [
    ...(bits !== undefined && bits < 2048 ? [`has an RSA key of ${bits} bits`] : []),
    ...(digest === undefined ? [] : [`is signed with ${digest}`]),
  ];
  return reasons.map((reason) => ({
    code: 'certificate-weak',
    severity: 'error',
    message: `${path}: the certificate of "${nameOf(certificate)}" ${reason}`,
    help: 'Clients refuse it, and nginx with OpenSSL 3 may not start. Get one for a new EC P-256 or RSA-2048 key.',
  }));
}

export const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && verifies(certificate, publicKeyOf(issuer));

/** Not with checkIssued: that wants a key usage which a self-signed server certificate need not have. */
export const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.subject === certificate.issuer && verifies(certificate, publicKeyOf(certificate));

const verifies = (certificate: X509Certificate, key: KeyObject | undefined): boolean =>
  key !== undefined && certificate.verify(key);

/** Undefined for a kind of key that this Node's OpenSSL does not know. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}
