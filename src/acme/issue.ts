/**
 * One certificate, from the order to the store, in steps that a crash may come between: key and order are journalled before the
 * CA acts, so the next run goes on where this one ended, and orders nothing twice (RFC 8555, section 7.4).
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { certificateRequest } from '../certs/csr.ts';
import { clearPending, setPendingKeyAside } from '../certs/journal.ts';
import { addVersion, type CertificateStore, type StoredVersion, saveSettings, versionsOf } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { authorize } from './authorize.ts';
import { downloadWarning } from './download-warning.ts';
import { authorizationFailed, orderFailed, orderTooSlow } from './failures.ts';
import { type IssueRequest, type PlaceContext, type Placed, placeOrder } from './place-order.ts';
import { poll } from './poll.ts';
import { downloadChain } from './preferred-chain.ts';
import { AcmeProblem } from './problem.ts';
import type { AcmeSession, Order } from './session.ts';
import type { Solver } from './solvers/solver.ts';
import { TransportFailure } from './transport-failure.ts';

export interface IssueContext extends PlaceContext {
  readonly solver: Solver;
  readonly signal: AbortSignal;
  /** Called with what went wrong and stops nothing. */
  readonly onWarning: (warning: Diagnostic) => void;
  /** Called for each name that the CA did not believe. */
  readonly onFailedValidation: (name: string) => void;
}

export interface Issued extends Pick<Placed, 'replaces'> {
  readonly version: StoredVersion;
}

/** A CA signs within seconds; some queue. */
const timeLimit = 180_000;

/**
 * Issues a certificate and adds it to the store, not yet live. A journal of an earlier run for the same request is taken up.
 * @throws KeepgateError; AcmeProblem and TransportFailure of the session
 */
export async function issue(request: IssueRequest, context: IssueContext): Promise<Issued> {
  const { store } = context;
  const { name } = request;
  const placed = await placeOrder(request, context);
  const { order, replaces } = placed;
  const earlier = versionsOf(store, name).find(({ meta }) => meta.orderUrl === order.url);
  const version = earlier ?? (await complete(request, placed, context));
  clearPending(store, name);
  return { version, replaces };
}

async function complete(request: IssueRequest, { order, key }: Placed, context: IssueContext): Promise<StoredVersion> {
  const { name, settings } = request;
  const { store, session, report, now, onWarning } = context;
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
      (finding) => {
        const warning = downloadWarning(finding, fullchain, session.directory);
        if (warning) onWarning(warning);
      },
    );
  } catch (error) {
    // The CA's certificate is wrong: it would be so again. But it is there, so its key stays.
    if (error instanceof KeepgateError && error.exitCode !== 4 && !isClockWrong(error, fullchain, context)) {
      setPendingKeyAside(store, name);
      clearPending(store, name);
    }
    throw error;
  }
}

/** Expired by our clock and not by the CA's: it will do once ours is right. */
function isClockWrong({ diagnostic }: KeepgateError, fullchain: string, { session, now }: IssueContext): boolean {
  if (diagnostic.code !== 'certificate-expired' || session.dateSkew === undefined) return false;
  return Date.parse(new X509Certificate(fullchain).validTo) > now().getTime() + session.dateSkew;
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
