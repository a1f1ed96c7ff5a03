/** http-01 with a web server of our own that knows nothing but the answers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { challengePath, checkedToken } from './http-path.ts';
import { cannotListen } from './port-taken.ts';
import type { Solver } from './solver.ts';

/** Milliseconds that a client may take for its request. */
const patience = 5_000;
const familyMissing = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT']);

/**
 * Listens on all IPv4 and IPv6 addresses from `prepare`, or the first `present`, to `close`, and answers
 * /.well-known/acme-challenge/TOKEN (RFC 8555 §8.3) for the tokens that were presented; all else is 404. A CA asks on port
 * 80: another port is for whoever forwards port 80 there.
 * @throws KeepgateError port-taken, port-not-permitted, port-not-usable (4) from `prepare` and `present`
 */
export function httpStandalone({ port = 80 }: { port?: number } = {}): Solver {
  const answers = new Map<string, string>();
  let servers: Promise<Server[]> | undefined;
  const open = async () => {
    servers ??= listen(port, (request, response) => answer(answers, request, response));
    try {
      await servers;
    } catch (error) {
      servers = undefined;
      throw error;
    }
  };
  return {
    type: 'http-01',
    description: `http-01 through a web server of our own on port ${port}`,
    prepare: open,
    present: async ({ token, keyAuthorization }, signal) => {
      signal?.throwIfAborted();
      answers.set(checkedToken(token), keyAuthorization);
      await open();
    },
    cleanUp: async ({ token }) => {
      answers.delete(token);
    },
    close: async () => {
      const opened = await servers?.catch(() => []);
      servers = undefined;
      await Promise.all((opened ?? []).map(shut));
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** IPv6 has a socket of its own, so that a busy port is noticed in each family and a machine may lack one. */
async function listen(port: number, onRequest: Answer): Promise<Server[]> {
  const opened: Server[] = [];
  try {
    for (const host of ['0.0.0.0', '::']) {
      const server = await listenOn(host, port, onRequest);
      if (server) opened.push(server);
    }
  } catch (error) {
    await Promise.all(opened.map(shut));
    throw error;
  }
  if (opened.length === 0) throw cannotListen(port, 'EAFNOSUPPORT');
  return opened;
}

async function listenOn(host: string, port: number, onRequest: Answer): Promise<Server | undefined> {
  const server = createServer(
    { headersTimeout: patience, requestTimeout: patience, connectionsCheckingInterval: 1_000, maxHeaderSize: 8_192 },
    onRequest,
  );
  server.maxConnections = 200;
  server.maxRequestsPerSocket = 1;
  server.listen({ host, port, ipv6Only: host === '::' });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (familyMissing.has(code)) return undefined;
    throw cannotListen(port, code);
  }
}

function answer(answers: ReadonlyMap<string, string>, { method, url = '' }: IncomingMessage, response: ServerResponse) {
  const token = url.startsWith(challengePath) ? url.slice(challengePath.length) : '';
  const text = method === 'GET' || method === 'HEAD' ? answers.get(token) : undefined;
  response.writeHead(text === undefined ? 404 : 200, {
    'Content-Type': 'application/octet-stream',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  });
  response.end(text ?? 'not found\n');
}

async function shut(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
