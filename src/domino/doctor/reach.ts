/** Connections that only look: whether a port is open, whether it speaks TLS and with which certificate, what it answers. */
import { request } from 'node:https';
import { connect, isIP } from 'node:net';
import { rootCertificates, connect as secure } from 'node:tls';
import type { Subject } from './subject.ts';

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
  /** Why the certificate is not to be trusted for the name; undefined when it is. */
  readonly distrust: string | undefined;
}

/** One handshake, with any certificate. */
export function handshake(subject: Subject, host: string, port: number): Promise<Handshake> {
  const { hosts, ca, timeLimit } = subject;
  const [name] = hosts;
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
        distrust: why ? String(why) : isIP(name) !== 0 ? undefined : nameProblem(name, certificate.subjectaltname),
      });
    });
    socket.on('error', ({ message }) => answer({ fingerprint: undefined, distrust: message }));
    const timer = setTimeout(() => answer({ fingerprint: undefined, distrust: 'no answer in time' }), timeLimit);
  });
}

/** Node verifies the name itself, as part of `authorizationError`; a certificate without names has none to verify. */
const nameProblem = (name: string, names: string | undefined): string | undefined =>
  names === undefined ? `it has no host names, so none is ${name}` : undefined;

/** The status of one request with these headers to the public side; undefined when there was no answer. */
export function statusOf(
  { hosts: [name], address, httpsPort, ca, timeLimit }: Subject,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const servername = isIP(name) === 0 ? name : '';
    const host = httpsPort === 443 ? name : `${name}:${httpsPort}`;
    const asked = request(
      {
        ...{ host: address, port: httpsPort, servername, path: '/api/v1', agent: false, rejectUnauthorized: false },
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
