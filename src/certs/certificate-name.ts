/** What a certificate is called in the store: one plain file name. */
import { KeepgateError } from '../diagnostic.ts';

/** Letters that any file system and any shell take as they are; the first one is no dot, so that no path escapes. */
const grammar = /^[a-z0-9_][a-z0-9._-]{0,254}$/;

export const isCertificateName = (name: string): boolean => grammar.test(name);

/**
 * The name of a certificate whose name nobody gave: its first host, with `_` for the star of a wildcard and `-` for the
 * colons of an IPv6 address.
 */
export const certificateNameOf = (host: string): string =>
  host.toLowerCase().replaceAll(/[[\]]/g, '').replace(/^\*/, '_').replace(/^:/, '0:').replaceAll(':', '-');

/** @throws KeepgateError certificate-name (2) */
export function checkCertificateName(name: string): void {
  if (isCertificateName(name)) return;
  throw new KeepgateError(2, {
    code: 'certificate-name',
    message: `${JSON.stringify(name)} can't be the name of a certificate in the store`,
    help: 'A name has small letters, digits, dots, hyphens and underscores, at most 255, and begins with no dot or hyphen.',
  });
}
