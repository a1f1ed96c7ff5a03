import { once } from 'node:events';
import { type ConnectionOptions, connect, type PeerCertificate, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Refusal } from './message.ts';

export interface TlsOptions {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** The name in SNI; false: no SNI. */
  readonly servername: string | false;
  /** PEM. With it the chain, and the name where there is one, are verified: what fails there is thrown. */
  readonly ca?: string | Buffer;
  /** The client's own certificate and key, PEM. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly alpn?: readonly string[];
  readonly minVersion?: SecureVersion;
  readonly maxVersion?: SecureVersion;
  /** An OpenSSL cipher list; `DEFAULT@SECLEVEL=0` is what lets TLS 1.0 and 1.1 be offered. */
  readonly ciphers?: string;
  /** Of an earlier connection, to resume. */
  readonly session?: Buffer;
  /** Flags of `constants.SSL_OP_…` in node:crypto, such as the one that offers no ticket. */
  readonly secureOptions?: number;
}

/** What was negotiated. */
export interface Tls {
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** OpenSSL's standard name of the suite. */
  readonly cipher: string;
  readonly alpn: string | false;
  readonly certificate: PeerCertificate;
  readonly resumed: boolean;
}

/** Milliseconds of silence after which a client gives up with an error. */
export const patience = 10_000;

/** A TLS connection, or how it was refused. A connection that nobody accepts is an error, no refusal. */
export async function connectTls(options: TlsOptions): Promise<TLSSocket | Refusal> {
  const { port, servername, alpn, ca } = options;
  const given: ConnectionOptions = { rejectUnauthorized: ca !== undefined, host: '127.0.0.1', port };
  for (const name of [
    'ca',
    'cert',
    'key',
    'minVersion',
    'maxVersion',
    'ciphers',
    'session',
    'secureOptions',
  ] as const) {
    if (options[name] !== undefined) Object.assign(given, { [name]: options[name] });
  }
  if (servername === false) given.checkServerIdentity = () => undefined;
  else given.servername = servername;
  if (alpn !== undefined) given.ALPNProtocols = [...alpn];
  const socket = connect(given);
  socket.setTimeout(patience, () => socket.destroy(new Error(`nothing came for ${patience / 1000} s`)));
  // An error may come between two reads; the next one throws it.
  socket.on('error', () => undefined);
  try {
    await once(socket, 'secureConnect');
    return socket;
  } catch (error) {
    socket.destroy();
    return refusalOf(error);
  }
}

export function negotiated(socket: TLSSocket): Tls {
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    alpn: socket.alpnProtocol ?? false,
    certificate: socket.getPeerCertificate(),
    resumed: socket.isSessionReused(),
  };
}

/**
 * The refusal that an error of a socket stands for.
 * @throws the error itself where it is none: an alert that the peer did not send, a certificate that we refuse.
 */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof Error)) throw error;
  const { code, syscall } = error as NodeJS.ErrnoException;
  const [, alert] = /SSL alert number (\d+)/.exec(error.message) ?? [];
  if (alert !== undefined) return { refused: 'handshake', alert: alerts[alert] ?? alert };
  // Node calls an orderly end during the handshake ECONNRESET, too, but no system call failed then.
  if (code === 'ECONNRESET') return { refused: syscall === undefined ? 'closed' : 'reset' };
  if (code === 'EPIPE') return { refused: 'reset' };
  throw error;
}

/** RFC 8446, section 6. */
const alerts: Readonly<Record<string, string>> = {
  0: 'close_notify',
  40: 'handshake_failure',
  42: 'bad_certificate',
  48: 'unknown_ca',
  70: 'protocol_version',
  71: 'insufficient_security',
  80: 'internal_error',
  112: 'unrecognized_name',
  116: 'certificate_required',
  120: 'no_application_protocol',
};
