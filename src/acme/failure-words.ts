import type { Words } from './problem-words.ts';
import type { TransportFailure } from './transport-failure.ts';

/** A failure of the connection to the CA in a user's words. */
export function failureWords({ kind, url, reason }: TransportFailure): Words {
  const ca = hostOf(url);
  switch (kind) {
    case 'timeout':
      return {
        code: 'acme-ca-timeout',
        what: `${ca}: ${reason}`,
        help: 'A firewall that drops connections to port 443 looks like this, and so does a busy CA. Try curl on the URL of the directory.',
      };
    case 'refused':
      return {
        code: 'acme-ca-not-reached',
        what: `${ca} can not be reached (${reason})`,
        help: 'This machine has to reach the CA on its https port. Look at the firewall, the routes, and the URL of the directory.',
      };
    case 'dns':
      return {
        code: 'acme-ca-not-found',
        what: `${ca} can not be resolved (${reason})`,
        help: 'The name servers of this machine do not answer, or the URL of the directory is wrong.',
      };
    case 'tls':
      return {
        code: 'acme-ca-not-trusted',
        what: `the TLS connection to ${ca} failed (${reason})`,
        help: 'Only a CA of your own needs caFile, with its root certificate. For a public one, something between here and there opens the connection, or the clock of this machine is wrong.',
      };
    case 'closed':
      return {
        code: 'acme-ca-hung-up',
        what: `${ca} ended the connection before its answer was complete (${reason})`,
        help: 'Try again. If it stays, a proxy or a firewall between here and there ends it.',
      };
    case 'too-large':
      return {
        code: 'acme-answer-too-large',
        what: `the answer of ${ca} is larger than 1 MB`,
        help: 'No answer of a CA is nearly as large. The URL of the directory is probably wrong.',
      };
    case 'not-acme':
      return {
        code: 'acme-answer-not-understood',
        what: `the answer from ${url} is not what a CA sends: ${reason}`,
        help: 'The URL of the directory is probably wrong, or a proxy answers in its place. It has to show JSON with "newOrder" in it.',
      };
    case 'no-certificate':
      return {
        code: 'acme-certificate-missing',
        what: `${ca} has issued the certificate, but its answer from ${url} has none in it (${reason})`,
        help: 'Run the same command again: it downloads the certificate, and orders no second one. If it stays, tell the CA.',
      };
    case 'insecure':
      return {
        code: 'acme-insecure-url',
        what: `${url} is not an https URL (${reason})`,
        help: 'ACME needs https everywhere (RFC 8555, section 6.1). Correct the URLs that the CA has in its directory.',
      };
    case 'aborted':
      return {
        code: 'acme-stopped',
        what: 'it was stopped',
        help: 'Run the same command again: it goes on where this one stopped.',
      };
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : url);
