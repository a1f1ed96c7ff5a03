import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { answer, answerUpgrade } from './stub-answers.ts';

/** A request as it arrived, nothing decoded or joined. */
export interface RecordedRequest {
  readonly method: string;
  /** The request target of the request line, byte for byte. */
  readonly url: string;
  /** `1.0` or `1.1`. */
  readonly httpVersion: string;
  /** Names as they were written, in their order, repeated ones too. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Of the proxy's connection: two requests with the same one came over one connection. */
  readonly remotePort: number;
  /** What has arrived of it so far. */
  readonly body: { readonly bytes: number; readonly sha256: string };
}

export interface StubBackend {
  readonly port: number;
  /** In order of arrival, the unfinished ones too. */
  readonly requests: readonly RecordedRequest[];
  /** How many TCP connections have been accepted. */
  readonly connections: number;
  /** Breaks every connection off and frees the port; safe to call twice. */
  close(): Promise<void>;
}

export interface StubOptions {
  /** Default: one that is free. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Milliseconds that an idle connection stays open. Default: 75,000, longer than nginx keeps its own. */
  readonly keepAliveTimeout?: number;
  /** PEM. With it the backend speaks TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** Room for the largest headers that nginx is told to take (`large_client_header_buffers 4 16k`). */
const maxHeaderSize = 128 * 1024;

/**
 * A REST API to put behind a proxy: an HTTP/1.1 server that records what reaches it and answers as
 * `stub-answers.ts` says. It has a WebSocket that echoes.
 */
export async function startStubBackend(options: StubOptions = {}): Promise<StubBackend> {
  const { port = 0, host = '127.0.0.1', keepAliveTimeout = 75_000, tls } = options;
  const requests: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;

  const settings = { keepAliveTimeout, maxHeaderSize };
  const server = tls ? createTlsServer({ ...settings, cert: tls.certificate, key: tls.key }) : createServer(settings);
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A proxy that breaks off is part of the job.
    socket.on('error', () => undefined);
  });
  server.on('request', (request, response) => {
    const recorded = record(request);
    requests.push(recorded);
    request.on('error', () => undefined);
    request.on('end', () => answer(recorded, response).catch((error: Error) => response.destroy(error)));
  });
  server.on('upgrade', (request, socket: Duplex) => {
    requests.push(record(request));
    answerUpgrade(request.headers, socket);
  });
  server.listen(port, host);
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get connections() {
      return connections;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      // Not closeAllConnections: that forgets the upgraded ones.
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function record(request: IncomingMessage): RecordedRequest {
  const hash = createHash('sha256');
  const body = { bytes: 0, sha256: hash.copy().digest('hex') };
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    body.bytes += chunk.length;
    body.sha256 = hash.copy().digest('hex');
  });
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  const headers: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']);
  }
  return { method, url, httpVersion, headers, remotePort: request.socket.remotePort ?? 0, body };
}
