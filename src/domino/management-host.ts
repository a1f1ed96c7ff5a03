/** The host name by which Domino's own task calls the management port. Pure. */
import type { X509Certificate } from 'node:crypto';
import { alternativeNames, isFor, nameOf } from '../certs/chain.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { hostProblem, isLoopback, normalHost } from '../spec/address.ts';

/** The setting in notes.ini; its case counts. REST API 1.1.0 and later do without it and ignore it. */
export const managementUrl = 'KeepManagementURL';

export type ManagementHost =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** The name that was asked for, which the certificate has to be for, or else the certificate's first that can be used. */
export function managementHost(asked: string | undefined, certificate: X509Certificate | undefined): ManagementHost {
  const host = asked === undefined ? certificate && firstOf(certificate) : asked;
  if (host === undefined)
    return failure('domino-host-unknown', 'no host name for the management port is known', {
      help: 'Name it with --host; a wildcard of a certificate has to be spelled out.',
    });
  const problem = hostProblem(host) ?? (host.startsWith('*.') ? 'is a wildcard' : undefined);
  if (problem !== undefined) return failure('domino-host-local', `the host name "${host}" ${problem}`, {});
  const name = normalHost(host);
  if (isLoopback(name))
    return failure('domino-host-local', `with TLS the management port can't be called ${name}`, {
      help: "Domino's task verifies the name: use one that the certificate is for.",
    });
  if (certificate && !isFor(certificate, name.replace(/^\[(.*)\]$/, '$1')))
    return failure('domino-host-not-in-certificate', `the certificate "${nameOf(certificate)}" is not for ${name}`, {
      help: `It is for ${alternativeNames(certificate).join(', ')}.`,
    });
  return { ok: true, host: name };
}

const firstOf = (certificate: X509Certificate): string | undefined =>
  alternativeNames(certificate).find(
    (name) => hostProblem(name) === undefined && !name.startsWith('*.') && !isLoopback(name),
  );

const failure = (code: string, message: string, more: { help?: string }): ManagementHost => ({
  ok: false,
  diagnostic: { code, severity: 'error', message, ...more },
});
