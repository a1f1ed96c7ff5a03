import { setTimeout as delay } from 'node:timers/promises';
import { crypto } from 'acme-client';
import type { AcmeSession, Authorization, Identifier, Order } from '../../src/acme/session.ts';

export interface Wanted {
  readonly names: readonly string[];
  readonly profile?: string;
  readonly replaces?: string;
}

/** The plainest way from names to a certificate, by http-01. */
export async function issueOne(session: AcmeSession, answers: Map<string, string>, { names, ...rest }: Wanted) {
  const order = await session.createOrder({ identifiers: names.map(identifier), ...rest });
  for (const url of order.authorizations) {
    const { challenges } = await session.authorization(url);
    const challenge = challenges.find(({ type }) => type === 'http-01');
    if (challenge === undefined) throw new Error('the CA offers no http-01');
    answers.set(challenge.token, session.keyAuthorization(challenge.token));
    await session.complete(challenge.url);
    const { status, challenges: looked } = await settled(() => session.authorization(url), ['pending']);
    if (status !== 'valid') throw new Error(`the authorization is ${status}: ${looked.map(({ error }) => error)}`);
  }
  const ready = await settled(() => session.order(order.url), ['pending']);
  const key = await crypto.createPrivateEcdsaKey(); // RSA, its default, takes most of a second
  const [, csr] = await crypto.createCsr({ altNames: [...names] }, key);
  await session.finalize(ready, der(csr));
  const valid = await settled(() => session.order(order.url), ['pending', 'ready', 'processing']);
  if (valid.certificate === undefined) throw new Error(`the order is ${valid.status}: ${valid.error}`);
  return { order: valid, key: key.toString(), ...(await session.certificate(valid.certificate)) };
}

/** Asks until the status is another one. */
export async function settled<T extends Order | Authorization>(ask: () => Promise<T>, waiting: readonly string[]) {
  for (;;) {
    const state = await ask();
    if (!waiting.includes(state.status)) return state;
    await delay(50);
  }
}

export const der = (pem: Buffer | string): Buffer =>
  Buffer.from(pem.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64');

export const identifier = (value: string): Identifier => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value });
