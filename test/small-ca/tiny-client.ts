/** Just enough of an ACME client to be wrong on purpose. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import acme from 'acme-client';
import type { SmallCa } from './start.ts';

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  /** The body as JSON; empty when it is none. */
  readonly json: Record<string, never> & { readonly [field: string]: unknown };
}

/** What to do otherwise than right. */
export interface Wrong {
  readonly nonce?: string;
  readonly url?: string;
  readonly kid?: string;
  readonly alg?: string;
  readonly jwk?: boolean;
  readonly key?: KeyObject;
  readonly contentType?: string;
}

export type TinyClient = ReturnType<typeof tinyClient>;

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function tinyClient(ca: SmallCa, accountKey = newKey()) {
  const agent = new Agent({ ca: readFileSync(ca.caFile), keepAlive: true });
  const base = new URL(ca.directoryUrl).origin;
  let kid: string | undefined;
  let nonce: string | undefined;

  async function send(method: string, url: string, body = '', contentType = 'application/jose+json'): Promise<Reply> {
    const reply = await new Promise<Reply>((done, failed) => {
      const asked = request(url, { method, agent, headers: { 'Content-Type': contentType } }, (response) => {
        const { statusCode: status = 0, headers } = response;
        text(response).then((text) => done({ status, headers, text, json: parsed(text) }), failed);
      });
      asked.on('error', failed).end(body);
    });
    nonce = reply.headers['replay-nonce'] as string | undefined;
    return reply;
  }

  async function post(url: string, payload: unknown, wrong: Wrong = {}): Promise<Reply> {
    if (!nonce && wrong.nonce === undefined) await send('HEAD', `${base}/new-nonce`);
    const key = wrong.key ?? accountKey;
    const { kty, crv, x, y } = key.export({ format: 'jwk' });
    const useKid = wrong.kid ?? (wrong.jwk ? undefined : kid);
    const signer = useKid ? { kid: useKid } : { jwk: { kty, crv, x, y } };
    const header = { alg: wrong.alg ?? 'ES256', nonce: wrong.nonce ?? nonce, url: wrong.url ?? url, ...signer };
    const envelope = { protected: base64url(header), payload: payload === '' ? '' : base64url(payload) };
    const data = Buffer.from(`${envelope.protected}.${envelope.payload}`);
    nonce = undefined;
    const signature = sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return send('POST', url, JSON.stringify({ ...envelope, signature }), wrong.contentType);
  }

  return {
    base,
    send,
    post,
    get nonce() {
      return nonce;
    },
    async register(fields: object = { termsOfServiceAgreed: true }): Promise<Reply> {
      const reply = await post(`${base}/new-account`, fields, { jwk: true });
      kid = reply.headers.location as string | undefined;
      return reply;
    },
    /** A new order, with its challenges met: ready. */
    async readyOrder(names: readonly string[], more: object = {}) {
      const made = await post(`${base}/new-order`, { identifiers: names.map(identifier), ...more });
      if (made.status !== 201) throw new Error(made.text);
      const url = String(made.headers.location);
      for (const authorization of made.json.authorizations as unknown as string[]) {
        const { json } = await post(authorization, '');
        const [challenge] = json.challenges as unknown as { url: string; status: string }[];
        if (json.status === 'pending') await post(challenge?.url ?? '', {});
      }
      return { url, finalize: String(made.json.finalize) };
    },
    async issue(names: readonly string[], more: object = {}, csr?: Buffer): Promise<{ url: string; pem: string }> {
      const { url, finalize } = await this.readyOrder(names, more);
      const request = csr ?? (await newCsr(names));
      const finalized = await post(finalize, { csr: request.toString('base64url') });
      return { url, pem: (await post(String(finalized.json.certificate), '')).text };
    },
    key: accountKey,
    agent,
    close: () => agent.destroy(),
  };
}

export const identifier = (value: string) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value });

/** A certification request as DER, with a new key or this one (PEM). */
export async function newCsr(names: readonly string[], key?: string): Promise<Buffer> {
  const [, csr] = await acme.crypto.createCsr(
    { altNames: [...names] },
    key ?? (await acme.crypto.createPrivateEcdsaKey()),
  );
  return Buffer.from(csr.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

function parsed(text: string): Reply['json'] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
