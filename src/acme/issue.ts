/**
 * One certificate, from the order to the store, in steps that a crash may come between: key and order are journalled before the
 * CA acts, so the next run goes on where this one ended, and orders nothing twice (RFC 8555, section 7.4).
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateRequest } from '../certs/csr.ts';
import { clearPending, type Pending, readPending, readPendingKey, savePending } from '../certs/journal.ts';
import { keyTypeOf, newKey, pemOf } from '../certs/keys.ts';
import type { CertificateSettings } from '../certs/settings.ts';
import { addVersion, type CertificateStore, type StoredVersion, saveSettings, versionsOf } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { authorize } from './authorize.ts';
import { authorizationFailed, orderFailed, orderTooSlow } from './failures.ts';
import { identifierOf } from './identifier.ts';
import { poll } from './poll.ts';
import { downloadChain } from './preferred-chain.ts';
import { AcmeProblem } from './problem.ts';
import type { AcmeSession, Order } from './session.ts';
import type { Solver } from './solvers/solver.ts';
import { TransportFailure } from './transport-failure.ts';

export interface IssueContext {
  readonly store: CertificateStore;
  readonly session: AcmeSession;
  readonly solver: Solver;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** What is being done, in a few words. */
  readonly report: (step: string) => void;
  /** Called when the CA has taken an order. */
  readonly onOrder: () => void;
  /** Called with what went wrong and stops nothing. */
  readonly onWarning: (warning: Diagnostic) => void;
  /** Called for each name that the CA did not believe. */
  readonly onFailedValidation: (name: string) => void;
}

export interface IssueRequest {
  readonly name: string;
  readonly settings: CertificateSettings;
  /** The ARI identifier of the certificate that this one replaces (RFC 9773, section 5). */
  readonly replaces?: string | undefined;
}

/** A CA signs within seconds; some queue. */
const timeLimit = 180_000;

/**
 * Issues a certificate and adds it to the store, not yet live. A journal of an earlier run for the same request is taken up.
 * @throws KeepgateError; AcmeProblem and TransportFailure of the session
 */
export async function issue(request: IssueRequest, context: IssueContext): Promise<StoredVersion> {
  const { store } = context;
  const { name } = request;
  const begun = await begin(request, context);
  const order = await orderFor(request, begun, context);
  const earlier = versionsOf(store, name).find(({ meta }) => meta.orderUrl === order.url);
  const version = earlier ?? (await complete(request, order, begun, context));
  clearPending(store, name);
  return version;
}

interface Begun {
  readonly pending: Omit<Pending, 'orderUrl'>;
  /** Of an earlier run. */
  readonly orderUrl?: string;
  /** PKCS#8 PEM. */
  readonly key: string;
}

async function begin(
  { name, settings, replaces }: IssueRequest,
  { store, session, now }: IssueContext,
): Promise<Begun> {
  const { names, keyType, profile } = settings;
  const wanted = { directory: session.directory.url, names, keyType, ...(profile !== undefined && { profile }) };
  const earlier = readPending(store, name);
  const earlierKey = earlier && readPendingKey(store, name);
  if (earlier && earlierKey !== undefined && isSameRequest(earlier, wanted))
    return { pending: earlier, orderUrl: earlier.orderUrl, key: earlierKey };
  const key = (settings.reuseKey ? latestKey(store, name, keyType) : undefined) ?? pemOf(await newKey(keyType));
  const replacing = replaces !== undefined && { replaces };
  return { pending: { ...wanted, ...replacing, startedAt: now().toISOString() }, key };
}

/** The key of the newest version, if it is of this type. */
function latestKey(store: CertificateStore, name: string, keyType: string): string | undefined {
  const newest = versionsOf(store, name).at(-1);
  if (!newest) return undefined;
  const key = createPrivateKey(readFileSync(join(newest.folder, 'privkey.pem')));
  return keyTypeOf(key) === keyType ? pemOf(key) : undefined;
}

function isSameRequest(
  pending: Pending,
  wanted: Pick<Pending, 'directory' | 'names' | 'keyType' | 'profile'>,
): boolean {
  const inOrder = (names: readonly string[]) => names.toSorted().join();
  return (
    pending.directory === wanted.directory &&
    pending.keyType === wanted.keyType &&
    pending.profile === wanted.profile &&
    inOrder(pending.names) === inOrder(wanted.names)
  );
}

/** The order is on the disk with its key before anything is done about it: what a CA signs is never without its key. */
async function orderFor(request: IssueRequest, begun: Begun, context: IssueContext): Promise<Order> {
  const { session, store, report } = context;
  if (begun.orderUrl !== undefined) {
    report('taking up the order of an earlier run');
    const order = await resumable(session, begun.orderUrl);
    if (order) return order;
  }
  report('placing the order');
  const order = await createOrder(request, session);
  context.onOrder();
  await savePending(store, request.name, { ...begun.pending, orderUrl: order.url }, begun.key);
  return order;
}

/** Undefined for an order that is dead or that the CA knows no more. */
async function resumable(session: AcmeSession, url: string): Promise<Order | undefined> {
  try {
    const order = await session.order(url);
    return order.status === 'invalid' ? undefined : order;
  } catch (error) {
    if (
      error instanceof AcmeProblem &&
      (error.status === 404 || error.type === 'malformed' || error.type === 'unauthorized')
    )
      return undefined;
    throw error;
  }
}

/** A CA that objects to `replaces` gets the same order without it, once. */
async function createOrder({ settings, replaces }: IssueRequest, session: AcmeSession): Promise<Order> {
  const { names, profile } = settings;
  const order = { identifiers: names.map(identifierOf), ...(profile !== undefined && { profile }) };
  if (replaces === undefined) return session.createOrder(order);
  try {
    return await session.createOrder({ ...order, replaces });
  } catch (error) {
    if (!(error instanceof AcmeProblem) || error.status >= 500 || error.type === 'rateLimited') throw error;
    return session.createOrder(order);
  }
}

async function complete(
  request: IssueRequest,
  order: Order,
  { key }: Begun,
  context: IssueContext,
): Promise<StoredVersion> {
  const { name, settings } = request;
  const { store, session, report, now } = context;
  const ready = await readyOrder(order, name, context);
  if (ready.status === 'ready') report('asking for the certificate');
  const asked =
    ready.status === 'ready'
      ? await finalize(session, ready, certificateRequest(settings.names, createPrivateKey(key)))
      : ready;
  const look = () => session.order(order.url);
  const isDone = ({ status }: Order) => status === 'valid' || status === 'invalid';
  const ended = await poll(look, isDone, { ...context, timeLimit }, asked);
  if (ended.status === 'invalid') return giveUp(store, name, orderFailed(settings.names, ended));
  if (ended.status !== 'valid' || ended.certificate === undefined) throw orderTooSlow(settings.names, ended);
  report('downloading the full chain');
  await saveSettings(store, name, settings);
  const fullchain = await downloadChain(session, ended.certificate, settings.preferredChain);
  try {
    const origin = {
      origin: 'acme',
      directory: session.directory.url,
      orderUrl: order.url,
      certificateUrl: ended.certificate,
    } as const;
    return await addVersion(
      store,
      name,
      {
        fullchain,
        key,
        names: settings.names,
        ...(settings.profile !== undefined && { profile: settings.profile }),
        ...origin,
      },
      now(),
    );
  } catch (error) {
    // The CA's certificate is wrong: it would be so again.
    if (error instanceof KeepgateError && error.exitCode !== 4) clearPending(store, name);
    throw error;
  }
}

/** The order when every name is authorized: `ready`, or further. */
async function readyOrder(order: Order, name: string, context: IssueContext): Promise<Order> {
  const { session, store, onFailedValidation } = context;
  if (order.status !== 'pending') return order;
  const failed = await authorize(order, context);
  for (const { name: host } of failed) onFailedValidation(host);
  if (failed.length > 0) return giveUp(store, name, authorizationFailed(failed));
  // With its last authorization it is ready (RFC 8555, section 7.1.6), so there is nothing to wait for.
  const look = () => session.order(order.url);
  const isReady = ({ status }: Order) => status !== 'pending';
  const ready = await poll(look, isReady, { ...context, timeLimit });
  if (ready.status === 'invalid') return giveUp(store, name, orderFailed([name], ready));
  if (ready.status === 'pending') throw orderTooSlow([name], ready);
  return ready;
}

/** An answer that got lost says nothing about what the CA did: the order does. */
async function finalize(session: AcmeSession, order: Order, request: Buffer): Promise<Order> {
  try {
    return await session.finalize(order, request);
  } catch (error) {
    const isLost = error instanceof TransportFailure && error.kind !== 'aborted';
    const isDone = error instanceof AcmeProblem && error.type === 'orderNotReady';
    if (!isLost && !isDone) throw error;
    await sleep(500);
    const seen = await session.order(order.url);
    if (seen.status === 'ready') throw error;
    return seen;
  }
}

function giveUp(store: CertificateStore, name: string, error: KeepgateError): never {
  clearPending(store, name);
  throw error;
}
