import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, vi } from 'vitest';
import { freePorts } from '../../src/verify/ports.ts';

it('gives distinct ports that TCP and UDP servers can take', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  for (const port of ports) {
    const tcp = createServer().listen(port, '127.0.0.1');
    await once(tcp, 'listening');
    const udp = createSocket('udp4').bind(port, '127.0.0.1');
    await once(udp, 'listening');
    tcp.close();
    udp.close();
  }
});

/** One that has given no port yet. */
async function anew() {
  vi.resetModules();
  return await import('../../src/verify/ports.ts');
}

it('passes over what is taken, and over what it has given before', async () => {
  const random = Math.random;
  const [lowest = 0, highest = 0] = process.env.KEEPGATE_PORTS?.split('-').map(Number) ?? [];
  const { freePorts: one } = await anew();
  const [before = 0] = await one(1);
  const { freePorts: another } = await anew();
  const [tcpPort = 0, udpPort = 0, free = 0] = await another(3);
  const tcp = createServer().listen(tcpPort, '127.0.0.1');
  const udp = createSocket('udp4').bind(udpPort, '127.0.0.1');
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')]);
  const draws = [before, tcpPort, udpPort, free].map((port) => (port - lowest + 0.5) / (highest - lowest));
  Math.random = () => draws.shift() ?? random();
  try {
    expect(await one(1)).toEqual([free]);
    expect(draws).toEqual([]);
  } finally {
    Math.random = random;
    tcp.close();
    udp.close();
  }
});

it('gives up with a reason when there are not enough', async () => {
  const random = Math.random;
  Math.random = () => 0.5;
  try {
    await expect(freePorts(2)).rejects.toThrow('no 2 free ports');
  } finally {
    Math.random = random;
  }
});
