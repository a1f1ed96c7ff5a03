/** An ACME server (RFC 8555, RFC 9773, profiles) in the test's process, for what pebble can't do. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chain } from '../ca.ts';
import { authorities } from './authorities.ts';
import { type Faults, faultBook } from './faults.ts';
import { nonceBook } from './nonces.ts';
import { type Policy, usualPolicy } from './policy.ts';
import type { Ca, IssuedCertificate } from './records.ts';
import { type LoggedRequest, serve } from './serve.ts';

export interface SmallCaOptions extends Partial<Policy> {
  /** The clock of everything that has a date. */
  readonly now: () => Date;
}

export interface SmallCa {
  /** `https://localhost:PORT/directory`. */
  readonly directoryUrl: string;
  /** Path of the PEM file that a client trusts for the TLS connection. */
  readonly caFile: string;
  /** PEM: the issuer of the default chain, and that of the alternate one. */
  readonly root: string;
  readonly alternateRoot: string;
  /** PEM: the issuer of every leaf as a root that signs by itself. */
  readonly ownRoot: string;
  /** May be changed at any time. */
  readonly policy: Policy;
  readonly faults: Faults;
  /** Every request, the oldest first. */
  readonly requests: readonly LoggedRequest[];
  /** Every certificate, the oldest first. */
  readonly issued: readonly IssuedCertificate[];
  /** How many orders there are, finalized or not. */
  readonly orders: number;
  /** Nonces given out are no longer good. */
  forgetNonces(): void;
  /** Closes all connections, hanging ones too. */
  stop(): Promise<void>;
}

export async function startSmallCa({ now, ...policy }: SmallCaOptions): Promise<SmallCa> {
  const lifelong = { notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') };
  const tls = chain(['localhost', '127.0.0.1'], lifelong);
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-small-ca-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tls.root.certificate);
  const server = createServer({ cert: tls.fullchain, key: tls.leaf.key, keepAliveTimeout: 60_000 });
  const reset = resetOf(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const base = `https://localhost:${(server.address() as AddressInfo).port}`;
  const ca: Ca = {
    now,
    policy: { ...usualPolicy, ...policy },
    base,
    authorities: authorities(),
    nonces: nonceBook(),
    accounts: new Map(),
    orders: new Map(),
    authorizations: new Map(),
    challenges: new Map(),
    issued: [],
  };
  const faults = faultBook();
  const log: LoggedRequest[] = [];
  server.on('request', (request, response) => {
    // A client that goes away in mid-sentence is no concern of the CA.
    serve({ ca, faults, log, reset }, request, response).catch(() => request.socket.destroy());
  });
  const [root = '', alternateRoot = ''] = ca.authorities.roots;
  return {
    directoryUrl: `${base}/directory`,
    caFile,
    root,
    alternateRoot,
    ownRoot: ca.authorities.ownRoot,
    policy: ca.policy,
    faults,
    requests: log,
    issued: ca.issued,
    get orders() {
      return ca.orders.size;
    },
    forgetNonces: ca.nonces.forget,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
      await closed;
    },
  };
}

/** Resets the TCP connection below a request's TLS one, which can't do it itself. */
function resetOf(server: NodeJS.EventEmitter): (request: IncomingMessage) => void {
  const sockets = new Map<number | undefined, Socket>();
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort;
    sockets.set(port, socket);
    socket.on('close', () => sockets.get(port) === socket && sockets.delete(port));
  });
  return ({ socket }) => void sockets.get(socket.remotePort)?.resetAndDestroy();
}
