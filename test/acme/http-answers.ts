import { once } from 'node:events';
import { createServer } from 'node:http';

/** A server on 127.0.0.1 that answers http-01 challenges: token → key authorization. */
export async function httpAnswers(port: number) {
  const answers = new Map<string, string>();
  const server = createServer(({ url = '' }, response) => {
    const answer = answers.get(url.replace('/.well-known/acme-challenge/', ''));
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { answers, close, [Symbol.asyncDispose]: close };
}
