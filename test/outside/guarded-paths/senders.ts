/** Clients that send a path byte for byte. */
import { connect as connectHttp2 } from 'node:http2';
import { httpsRequest } from '../../wire/https.ts';
import { connectTls, type TlsOptions } from '../../wire/tls.ts';

const atOnce = 8;

/** What is answered to each path over HTTP/1.1; a refused connection is ''. */
export async function http1Bodies(client: TlsOptions, paths: readonly string[]): Promise<string[]> {
  const bodies: string[] = [];
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < paths.length) {
      const index = next++;
      const outcome = await httpsRequest({ ...client, path: paths[index] ?? '/' });
      bodies[index] = 'refused' in outcome ? '' : outcome.body.toString();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return bodies;
}

/** What is answered to each path over one HTTP/2 connection; a stream that is reset is ''. */
export async function http2Bodies(client: TlsOptions, paths: readonly string[]): Promise<string[]> {
  const socket = await connectTls({ ...client, alpn: ['h2'] });
  if ('refused' in socket) throw new Error(`no HTTP/2: ${socket.refused}`);
  const session = connectHttp2(`https://${client.servername}`, { createConnection: () => socket });
  try {
    const bodies: string[] = [];
    for (const path of paths) {
      const stream = session.request({ ':path': path, ':authority': `${client.servername}:${client.port}` });
      let body = '';
      try {
        for await (const piece of stream.setEncoding('utf8')) body += piece;
      } catch {
        body = '';
      }
      bodies.push(body);
    }
    return bodies;
  } finally {
    session.destroy();
  }
}
