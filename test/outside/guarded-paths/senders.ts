/** Clients that send a path byte for byte. */
import { connect as connectHttp2 } from 'node:http2';
import { httpsRequest } from '../../wire/https.ts';
import { connectTls, type TlsOptions } from '../../wire/tls.ts';

/** `status`: 0 where no answer came, since the connection was closed or the stream was reset. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const none: Answer = { status: 0, body: '' };
const atOnce = 8;

/** What is answered to each path over HTTP/1.1. */
export async function http1Answers(client: TlsOptions, paths: readonly string[]): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < paths.length) {
      const index = next++;
      const outcome = await httpsRequest({ ...client, path: paths[index] ?? '/' });
      answers[index] = 'refused' in outcome ? none : { status: outcome.status, body: outcome.body.toString() };
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return answers;
}

/** What is answered to each path over one HTTP/2 connection. */
export async function http2Answers(client: TlsOptions, paths: readonly string[]): Promise<Answer[]> {
  const socket = await connectTls({ ...client, alpn: ['h2'] });
  if ('refused' in socket) throw new Error(`no HTTP/2: ${socket.refused}`);
  const session = connectHttp2(`https://${client.servername}`, { createConnection: () => socket });
  try {
    const answers: Answer[] = [];
    for (const path of paths) {
      const stream = session.request({ ':path': path, ':authority': `${client.servername}:${client.port}` });
      let status = 0;
      stream.on('response', (head) => {
        status = head[':status'] ?? 0;
      });
      let body = '';
      try {
        for await (const piece of stream.setEncoding('utf8')) body += piece;
        answers.push({ status, body });
      } catch {
        answers.push(none);
      }
    }
    return answers;
  } finally {
    session.destroy();
  }
}
