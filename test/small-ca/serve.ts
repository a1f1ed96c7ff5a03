/** From a request to an answer, or to what goes wrong instead. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { account, newAccount } from './accounts.ts';
import type { Answer, Handler } from './answer.ts';
import { authorization, challenge } from './authorizations.ts';
import { certificate } from './certificates.ts';
import { directory } from './directory.ts';
import type { Fault, Faults } from './faults.ts';
import { finalize } from './finalize.ts';
import { openEnvelope } from './jws.ts';
import { newOrder, order } from './orders.ts';
import { Problem, problemJson } from './problem.ts';
import type { Ca } from './records.ts';
import { renewalInfo } from './renewal-info.ts';
import { type RequestKind, requestKind } from './request-kinds.ts';
import { revoke } from './revocation.ts';
import { retryAfterHeader, send } from './send.ts';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly kind: RequestKind;
  /** By the CA's clock. */
  readonly at: Date;
  /** Missing as long as there is no answer. */
  status?: number;
  /** The error's type, if it is one. */
  problem?: string;
  /** The name of what was made to go wrong. */
  readonly fault?: Fault['fault'];
}

const handlers: Partial<Record<RequestKind, Handler>> = {
  newAccount,
  account,
  newOrder,
  order,
  authorization,
  challenge,
  finalize,
  certificate,
  revoke,
};

export async function serve(
  { ca, faults, log, reset }: { ca: Ca; faults: Faults; log: LoggedRequest[]; reset(request: IncomingMessage): void },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url: path = '' } = request;
  const kind = requestKind(path);
  const fault = faults.take(kind);
  const entry: LoggedRequest = { method, path, kind, at: ca.now(), ...(fault ? { fault: fault.fault } : {}) };
  log.push(entry);
  const body = await text(request);
  if (fault?.fault === 'hang') return;
  if (fault?.fault === 'reset') return reset(request);
  if (fault?.fault === 'meanwhile') await fault.before?.();
  const answer = await answerTo(ca, request, { method, path, kind, body, fault });
  if (fault?.fault === 'meanwhile') await fault.after?.();
  if (fault?.fault === 'lost-answer') return void request.socket.destroy();
  entry.status = answer.status;
  if (answer.problem) entry.problem = answer.problem;
  const date = new Date(ca.now().getTime() + faults.dateSkew);
  const index = kind === 'directory' ? [] : [`<${ca.base}/directory>;rel="index"`];
  const nonce = method === 'POST' || kind === 'newNonce' ? { 'Replay-Nonce': ca.nonces.issue() } : {};
  const { headers = {} } = answer;
  const all = { ...headers, ...nonce, Link: [...index, ...(headers.Link ?? [])], Date: date.toUTCString() };
  send(response, { ...answer, headers: all }, fault);
}

interface Received {
  readonly method: string;
  readonly path: string;
  readonly kind: RequestKind;
  readonly body: string;
  readonly fault: Fault | undefined;
}

async function answerTo(ca: Ca, request: IncomingMessage, received: Received): Promise<Answer & { problem?: string }> {
  const { fault } = received;
  if (fault?.fault === 'html') {
    const body = '<!DOCTYPE html>\n<html><head><title>Sorry</title></head><body><h1>Sorry</h1></body></html>\n';
    return { status: fault.status, headers: { 'Content-Type': 'text/html' }, body };
  }
  try {
    return await (received.method === 'POST' ? postAnswer(ca, request, received) : getAnswer(ca, received));
  } catch (error) {
    const { status, document, headers } =
      error instanceof Problem ? error : new Problem(500, 'serverInternal', String((error as Error).stack));
    const type = { 'Content-Type': 'application/problem+json' };
    const body = { ...problemJson(document), status };
    return { status, headers: { ...type, ...headers }, body, problem: document.type };
  }
}

function postAnswer(ca: Ca, request: IncomingMessage, { path, kind, body, fault }: Received) {
  const handler = handlers[kind];
  if (!handler) throw new Problem(kind === 'unknown' ? 404 : 405, 'malformed', `nothing is posted to ${path}`);
  const url = ca.base + path;
  const signed = openEnvelope(ca, url, request.headers['content-type'], body);
  failOnPurpose(ca, fault);
  return handler(ca, { url, path, signed, fault });
}

function getAnswer(ca: Ca, { method, path, kind, fault }: Received): Answer {
  failOnPurpose(ca, fault);
  if (kind === 'directory' && method === 'GET') return { status: 200, body: directory(ca) };
  if (kind === 'newNonce') return { status: method === 'HEAD' ? 200 : 204, headers: { 'Cache-Control': 'no-store' } };
  if (kind === 'renewalInfo' && method === 'GET') return renewalInfo(ca, path, fault);
  throw new Problem(kind === 'unknown' ? 404 : 405, 'malformed', `${method} ${path} is not answered`);
}

function failOnPurpose(ca: Ca, fault: Fault | undefined): void {
  if (fault?.fault !== 'problem') return;
  const { fault: _, status, type, detail, retryAfter, ...more } = fault;
  throw new Problem(status, type, detail, { ...more, headers: retryAfterHeader(ca.now(), retryAfter) });
}
