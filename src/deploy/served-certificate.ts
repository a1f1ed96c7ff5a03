import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { tlsFailure } from '../tls-failure.ts';

/** A certificate that has to be served. */
export interface ExpectedCertificate {
  /** The name that is asked for (SNI); nothing is asked for with an IP address. */
  readonly host: string;
  /** Where the handshake goes: an IP address that nginx listens on. */
  readonly address: string;
  readonly port: number;
  /** SHA-256 of the certificate's DER, 64 hexadecimal digits, with or without colons. */
  readonly fingerprint: string;
}

/** The same, and what was served: a fingerprint without colons in lower case, or why there was none. */
export interface ServedCertificate extends ExpectedCertificate {
  readonly served: string | undefined;
  readonly failure: string | undefined;
}

export function isServed({ fingerprint, served }: ServedCertificate): boolean {
  return served === plain(fingerprint);
}

/** One TLS handshake of at most `timeLimit` milliseconds. The certificate is looked at, not trusted. */
export function askForCertificate(expected: ExpectedCertificate, timeLimit: number): Promise<ServedCertificate> {
  const { host, address, port } = expected;
  return new Promise((resolve) => {
    const answer = (served: string | undefined, failure?: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ ...expected, served, failure });
    };
    const timer = setTimeout(() => answer(undefined, 'there is no answer in time'), timeLimit);
    const servername = isIP(host) === 0 ? host : '';
    const socket = connect({ host: address, port, servername, rejectUnauthorized: false }, () => {
      const { fingerprint256 } = socket.getPeerCertificate();
      answer(fingerprint256 === undefined ? undefined : plain(fingerprint256), 'no certificate');
    });
    socket.on('error', (error) => answer(undefined, tlsFailure(error)));
    socket.on('close', () => answer(undefined, 'the connection was closed'));
  });
}

const plain = (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase();
