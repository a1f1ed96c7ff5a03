/**
 * The order of a certificate and its key, both on the disk before anything is done about them: what a CA signs is never without
 * its key, and what was ordered is not ordered again.
 */
import { createPrivateKey } from 'node:crypto';
import { join } from 'node:path';
import { type Pending, readPending, readPendingKey, savePending, setPendingKeyAside } from '../certs/journal.ts';
import { keyTypeOf, newKey, pemOf } from '../certs/keys.ts';
import type { CertificateSettings } from '../certs/settings.ts';
import { type CertificateStore, versionsOf } from '../certs/store.ts';
import { readStored } from '../certs/stored-file.ts';
import { identifierOf } from './identifier.ts';
import { AcmeProblem } from './problem.ts';
import type { AcmeSession, Order } from './session.ts';

export interface IssueRequest {
  readonly name: string;
  readonly settings: CertificateSettings;
  /** The ARI identifier of the certificate that this one replaces (RFC 9773, section 5). */
  readonly replaces?: string | undefined;
  /** Whatever the settings say: somebody else may have the key of the one before. */
  readonly newKey?: boolean;
}

export interface PlaceContext {
  readonly store: CertificateStore;
  readonly session: AcmeSession;
  readonly now: () => Date;
  /** What is being done, in a few words. */
  readonly report: (step: string) => void;
  /** Called when the CA has taken an order, with or without `replaces`. */
  readonly onOrder: (order: Pick<Placed, 'replaces'>) => void;
}

export interface Placed {
  readonly order: Order;
  /** PKCS#8 PEM. */
  readonly key: string;
  /** Whether the order says what it replaces. */
  readonly replaces: boolean;
}

/**
 * Takes up the order of an earlier run for the same, or places one.
 * @throws KeepgateError of the store; AcmeProblem and TransportFailure of the session
 */
export async function placeOrder(request: IssueRequest, context: PlaceContext): Promise<Placed> {
  const { session, store, report } = context;
  const { pending, earlier, key } = await begin(request, context);
  if (earlier !== undefined) {
    report('taking up the order of an earlier run');
    const order = await resumable(session, earlier.orderUrl);
    if (order && order.status !== 'invalid') return { order, key, replaces: earlier.replaces !== undefined };
    // Of an order that it does not show, nobody can say that nothing was issued.
    if (order === undefined) setPendingKeyAside(store, request.name);
  }
  report('placing the order');
  const { order, replaces } = await createOrder(request, session);
  context.onOrder({ replaces });
  const replacing = replaces && request.replaces !== undefined && { replaces: request.replaces };
  await savePending(store, request.name, { ...pending, ...replacing, orderUrl: order.url }, key);
  return { order, key, replaces };
}

interface Begun {
  readonly pending: Omit<Pending, 'orderUrl' | 'replaces' | 'keyHash'>;
  /** Of an earlier run. */
  readonly earlier?: Pending;
  /** PKCS#8 PEM. */
  readonly key: string;
}

async function begin(
  { name, settings, newKey: isNew = false }: IssueRequest,
  { store, session, now }: PlaceContext,
): Promise<Begun> {
  const { names, keyType, profile } = settings;
  const wanted = { directory: session.directory.url, names, keyType, ...(profile !== undefined && { profile }) };
  const earlier = readPending(store, name);
  const earlierKey = earlier && readPendingKey(store, name, earlier);
  const pending = { ...wanted, startedAt: now().toISOString() };
  const latest = () => latestKey(store, name, keyType);
  const mayServe = earlierKey !== undefined && !(isNew && earlierKey === latest());
  if (earlier && mayServe && isSameRequest(earlier, wanted)) return { pending, earlier, key: earlierKey };
  const reused = settings.reuseKey && !isNew ? latest() : undefined;
  return { pending, key: reused ?? pemOf(await newKey(keyType)) };
}

/** The key of the newest version, if it is of this type. */
function latestKey(store: CertificateStore, name: string, keyType: string): string | undefined {
  const newest = versionsOf(store, name).at(-1);
  if (!newest) return undefined;
  const key = createPrivateKey(readStored(join(newest.folder, 'privkey.pem')) ?? '');
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

/** Undefined for an order that the CA knows no more. */
async function resumable(session: AcmeSession, url: string): Promise<Order | undefined> {
  try {
    return await session.order(url);
  } catch (error) {
    if (
      error instanceof AcmeProblem &&
      (error.status === 404 || error.type === 'malformed' || error.type === 'unauthorized')
    )
      return undefined;
    throw error;
  }
}

/** A CA that objects to `replaces` (RFC 9773, section 5) gets the same order without it, once. */
async function createOrder({ settings, replaces }: IssueRequest, session: AcmeSession): Promise<Omit<Placed, 'key'>> {
  const { names, profile } = settings;
  const order = { identifiers: names.map(identifierOf), ...(profile !== undefined && { profile }) };
  if (replaces === undefined) return { order: await session.createOrder(order), replaces: false };
  try {
    return { order: await session.createOrder({ ...order, replaces }), replaces: true };
  } catch (error) {
    if (!(error instanceof AcmeProblem) || !objections.includes(error.type)) throw error;
    return { order: await session.createOrder(order), replaces: false };
  }
}

/** `malformed` is what a CA says of a certificate that it does not know; `conflict` was Boulder's word before the RFC's. */
const objections = ['alreadyReplaced', 'malformed', 'conflict'];
