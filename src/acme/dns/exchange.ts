/** One question to one DNS server, and its answer: UDP first, then TCP (RFC 1035 §4.2, RFC 7766). */
import { createSocket } from 'node:dgram';
import { connect, isIP } from 'node:net';
import type { DnsServer } from './server.ts';

/** Milliseconds that each datagram has for its answer, then the connection. */
const waits = { datagrams: [1_000, 2_000], connection: 5_000 } as const;

/**
 * Sends a message and waits for the answer with the same id: three datagrams' worth of patience, then a connection, which
 * comes at once when the answer is truncated. undefined when the server says nothing.
 * @throws the signal's reason when it is aborted
 */
export async function exchange(server: DnsServer, message: Buffer, signal?: AbortSignal): Promise<Buffer | undefined> {
  for (const wait of waits.datagrams) {
    signal?.throwIfAborted();
    const answer = await byDatagram(server, message, within(wait, signal));
    if (answer && !isTruncated(answer)) return answer;
    if (answer) break;
  }
  signal?.throwIfAborted();
  const answer = await byConnection(server, message, within(waits.connection, signal));
  signal?.throwIfAborted();
  return answer;
}

function within(milliseconds: number, signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(milliseconds);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** A connected socket takes datagrams from the server's own address alone, and hears when its port is closed. */
function byDatagram(server: DnsServer, message: Buffer, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIP(server.host) === 6 ? 'udp6' : 'udp4');
    const end = (answer?: Buffer) => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      socket.on('error', () => {});
      socket.close();
      resolve(answer);
    };
    const onAbort = () => end();
    signal.addEventListener('abort', onAbort);
    socket.on('error', () => end());
    socket.on('message', (answer) => {
      if (answers(answer, message)) end(answer);
    });
    socket.on('connect', () => socket.send(message));
    socket.connect(server.port, server.host);
  });
}

function byConnection(server: DnsServer, message: Buffer, signal: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.host, port: server.port, signal });
    let received = Buffer.alloc(0);
    const end = (answer?: Buffer) => {
      socket.destroy();
      resolve(answer);
    };
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.on('connect', () => socket.write(Buffer.concat([length, message])));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = received.subarray(2, 2 + received.readUInt16BE(0));
      end(answers(answer, message) ? answer : undefined);
    });
    socket.on('error', () => end());
    socket.on('close', () => end());
  });
}

/** The id is the same, and it is a response (RFC 1035 §4.1.1). */
const answers = (answer: Buffer, question: Buffer): boolean =>
  answer.length >= 12 && answer.readUInt16BE(0) === question.readUInt16BE(0) && ((answer[2] ?? 0) & 0x80) !== 0;

const isTruncated = (answer: Buffer): boolean => ((answer[2] ?? 0) & 0x02) !== 0;
