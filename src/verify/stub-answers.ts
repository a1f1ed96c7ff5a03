import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordedRequest } from './stub-backend.ts';
import { acceptFor, decodeFrame, encodeFrame, opcode } from './websocket-frames.ts';

type Answer = (request: RecordedRequest, response: ServerResponse, query: URLSearchParams) => void | Promise<void>;

/** By the last segment of the path, so that they are there below any route. */
const answers: Readonly<Record<string, Answer>> = {
  /** `events?count=5&every=100`: server-sent events, `every` milliseconds apart. */
  events: async (_request, response, query) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const count = number(query, 'count', 5);
    for (let sent = 1; sent <= count && !response.destroyed; sent++) {
      response.write(`id: ${sent}\ndata: {"event":${sent}}\n\n`);
      if (sent < count) await delay(number(query, 'every', 100));
    }
    response.end();
  },
  /** `slow?ms=1000`: the echo, late. */
  slow: async (request, response, query) => {
    await delay(number(query, 'ms', 1000));
    echo(request, response, 200);
  },
  /** `big?bytes=1048576`: so many bytes. */
  big: (_request, response, query) => {
    const bytes = number(query, 'bytes', 1024 * 1024);
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes });
    response.end(Buffer.alloc(bytes, 'keepgate'));
  },
  /** `status?code=503`: the echo with that status. */
  status: (request, response, query) => echo(request, response, number(query, 'code', 200)),
  /** `headers?Name=value&…`: the echo with these response headers, repeated ones too. */
  headers: (request, response, query) => {
    for (const name of new Set(query.keys())) response.setHeader(name, query.getAll(name));
    echo(request, response, 200);
  },
  /** `cookie?bytes=5000`: the echo with a cookie of so many bytes. */
  cookie: (request, response, query) => {
    response.setHeader('Set-Cookie', `c=${'x'.repeat(number(query, 'bytes', 5000))}`);
    echo(request, response, 200);
  },
};

/** Answers a request: one of the special paths, or 200 and the request itself as JSON (a `RecordedRequest`). */
export async function answer(request: RecordedRequest, response: ServerResponse): Promise<void> {
  const [path = '', query = ''] = request.url.split(/\?(.*)/s, 2);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const special = Object.hasOwn(answers, name) ? answers[name] : undefined;
  if (special === undefined) echo(request, response, 200);
  else await special(request, response, new URLSearchParams(query));
}

function echo(request: RecordedRequest, response: ServerResponse, status: number): void {
  const json = Buffer.from(`${JSON.stringify(request)}\n`);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': json.length });
  response.end(json);
}

function number(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  return text === null ? otherwise : Number(text);
}

/**
 * Answers an upgrade: a WebSocket that echoes text. Any other protocol, such as h2c, is agreed to and then hung up on:
 * a proxy that lets it through is caught by its client too.
 */
export function answerUpgrade(headers: IncomingHttpHeaders, socket: Duplex): void {
  socket.on('error', () => undefined);
  const protocol = headers.upgrade ?? '';
  const key = headers['sec-websocket-key'];
  const isWebSocket = protocol.toLowerCase() === 'websocket' && key !== undefined;
  const lines = ['HTTP/1.1 101 Switching Protocols', `Upgrade: ${protocol}`, 'Connection: Upgrade'];
  if (isWebSocket) lines.push(`Sec-WebSocket-Accept: ${acceptFor(key)}`);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (isWebSocket) echoFrames(socket);
  else socket.end();
}

function echoFrames(socket: Duplex): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (let next = decodeFrame(pending); next !== undefined; next = decodeFrame(pending)) {
      pending = pending.subarray(next.size);
      const { frame } = next;
      if (frame.opcode === opcode.ping) socket.write(encodeFrame({ opcode: opcode.pong, payload: frame.payload }));
      if (frame.opcode === opcode.text) socket.write(encodeFrame(frame));
      if (frame.opcode === opcode.close) socket.end(encodeFrame(frame));
    }
  });
  socket.on('end', () => socket.end());
}
