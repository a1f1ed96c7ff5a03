import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';

/**
 * Below the range that the kernels draw from for outgoing connections, so that no client takes a port in passing. Processes
 * that work beside each other are given ranges of their own: KEEPGATE_PORTS=15000-23500.
 */
const [lowest = 15_000, highest = 32_000] = process.env.KEEPGATE_PORTS?.split('-').map(Number) ?? [];
/** Whoever was given one may bind it much later. */
const given = new Set<number>();

/**
 * Distinct ports of 127.0.0.1, none of them given before, that are free for TCP and for UDP (HTTP/3). All of them are held at the same time, then
 * released. Between that and the moment their user binds them another program can take one; nobody can close that gap
 * without handing over open sockets. nginx then fails to bind for 2.5 s and ends, and `startNginx` says so.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Hold[] = [];
  try {
    for (let tries = 0; held.length < count; tries++) {
      if (tries > 50 + 10 * count) throw new Error(`no ${count} free ports between ${lowest} and ${highest}`);
      const port = lowest + Math.floor(Math.random() * (highest - lowest));
      const hold = given.has(port) ? undefined : await holdPort(port);
      if (hold !== undefined) held.push(hold);
      given.add(port);
    }
    return held.map(({ port }) => port);
  } finally {
    await Promise.all(held.map(({ release }) => release()));
  }
}

interface Hold {
  readonly port: number;
  release(): Promise<void>;
}

/** Undefined when somebody has it. */
async function holdPort(port: number): Promise<Hold | undefined> {
  const tcp = createServer();
  const udp = createSocket('udp4');
  const release = async (): Promise<void> => {
    const closed = [once(udp, 'close'), ...(tcp.listening ? [once(tcp, 'close')] : [])];
    udp.close();
    if (tcp.listening) tcp.close();
    await Promise.all(closed);
  };
  try {
    tcp.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(tcp, 'listening');
    udp.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(udp, 'listening');
    return { port, release };
  } catch (error) {
    await release();
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined;
    throw error;
  }
}
