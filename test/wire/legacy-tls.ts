import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type SecureVersion } from 'node:tls';
import type { TlsOptions } from './tls.ts';

/** OpenSSL's own level 1 and up refuse what TLS 1.0 and 1.1 sign with. */
const ciphers = 'DEFAULT@SECLEVEL=0';

/** What makes a client offer one old version and nothing else. */
export function legacyTls(version: 'TLSv1' | 'TLSv1.1'): Pick<TlsOptions, 'minVersion' | 'maxVersion' | 'ciphers'> {
  return { minVersion: version, maxVersion: version, ciphers };
}

/** A server that takes every version from TLS 1.0: it shows that a refusal elsewhere is not the client's own. */
export async function legacyTlsServer(certificate: {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}): Promise<{ readonly port: number; close(): Promise<void> }> {
  const minVersion: SecureVersion = 'TLSv1';
  const server = createServer({ ...certificate, minVersion, ciphers }, (socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    socket.end('HTTP/1.1 204 No Content\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
