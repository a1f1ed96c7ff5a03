/** Connections that only look: whether a port is open, whether it speaks TLS and with which certificate, what it answers. */
import type { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { connect, isIP } from 'node:net';
import { rootCertificates, connect as secure } from 'node:tls';
import { tlsFailure } from '../../tls-failure.ts';
import type { Subject } from './subject.ts';

/** Without the brackets of an IPv6 address in a URL: connections are made to the bare one. */
const withoutBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** Where clients of a public name go. */
export const addressOf = ({ hosts, address }: Subject, name: string = hosts[0]): string =>
  address ?? withoutBrackets(name);

/** The public names that connections can be made for. */
export const namesOf = ({ hosts }: Subject): string[] => hosts.filter((name) => !name.startsWith('*.'));

/** The address by which the API is reached from the machine that the doctor is on. */
export const apiAddress = ({ proxy, installation }: Subject): string =>
  withoutBrackets(proxy?.backend ?? installation?.host?.value ?? '127.0.0.1');

/** Whether something takes a connection. What doesn't answer in time is closed. */
export function isOpen(host: string, port: number, timeLimit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (open: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(open);
    };
    const socket = connect({ host, port }, () => answer(true));
    socket.on('error', () => answer(false));
    const timer = setTimeout(() => answer(false), timeLimit);
  });
}

export interface Handshake {
  /** SHA-256 in pairs with colons; undefined when there was no handshake. */
  readonly fingerprint: string | undefined;
  readonly certificate: X509Certificate | undefined;
  /** Why there was none, or why the certificate is not to be trusted for the name; undefined when it is. */
  readonly distrust: string | undefined;
}

/** One handshake, with any certificate, by that host name. */
export function handshake({ ca, timeLimit }: Subject, host: string, port: number, asked: string): Promise<Handshake> {
  const name = withoutBrackets(asked);
  return new Promise((resolve) => {
    const answer = (result: Handshake) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const options = { host, port, servername: isIP(name) === 0 ? name : '', rejectUnauthorized: false };
    const socket = secure({ ...options, ...trusted(ca) }, () => {
      const { fingerprint256, ...certificate } = socket.getPeerCertificate();
      const why = socket.authorizationError;
      answer({
        fingerprint: fingerprint256,
        certificate: socket.getPeerX509Certificate(),
        distrust: why ? tlsFailure(why) : isIP(name) !== 0 ? undefined : nameProblem(name, certificate.subjectaltname),
      });
    });
    socket.on('error', (error) => answer({ ...nothing, distrust: tlsFailure(error) }));
    const timer = setTimeout(() => answer({ ...nothing, distrust: 'there is no answer in time' }), timeLimit);
  });
}

const nothing = { fingerprint: undefined, certificate: undefined };

/** Node verifies the name itself, as part of `authorizationError`; a certificate without names has none to verify. */
const nameProblem = (name: string, names: string | undefined): string | undefined =>
  names === undefined ? `it has no host names, so none is ${name}` : undefined;

/** The status of one request with these headers to the public side of that name; undefined when there was no answer. */
export function statusOf(
  subject: Subject,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  const { httpsPort, ca, timeLimit } = subject;
  return new Promise((resolve) => {
    const servername = isIP(withoutBrackets(name)) === 0 ? name : '';
    const host = httpsPort === 443 ? name : `${name}:${httpsPort}`;
    const asked = request(
      {
        ...{
          host: addressOf(subject, name),
          port: httpsPort,
          servername,
          path: '/api/v1',
          agent: false,
          rejectUnauthorized: false,
        },
        ...{ headers: { ...headers, host }, timeout: timeLimit, ...trusted(ca) },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode);
        asked.destroy();
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => resolve(undefined));
    asked.end();
  });
}

const trusted = (ca: string | undefined) => (ca === undefined ? {} : { ca: [...rootCertificates, ca] });
