/** The envelope of every POST (RFC 8555, section 6.2), checked down to the signature. */
import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { Problem } from './problem.ts';
import { type Account, type Ca, pathOf } from './records.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Signed {
  /** The payload as text; empty in a POST-as-GET. */
  readonly payload: string;
  /** Set when it was signed with an account's key by its URL. */
  readonly account?: Account;
  /** Set when it was signed with a key that came along. */
  readonly key?: { readonly jwk: JsonWebKey; readonly object: KeyObject; readonly thumbprint: string };
}

/** The envelope in its flattened form: protected header and payload still encoded. */
export interface Envelope {
  readonly protected: string;
  readonly payload: string;
  readonly signature: string;
}

/** Throws Problem: malformed, badSignatureAlgorithm, badNonce, unauthorized, accountDoesNotExist. */
export function openEnvelope(ca: Ca, url: string, contentType: string | undefined, body: string): Signed {
  if (contentType !== 'application/jose+json') {
    throw new Problem(415, 'malformed', `the content type is ${contentType}, not application/jose+json`);
  }
  const envelope = envelopeOf(jsonObject(body));
  const header = headerOf(envelope);
  if (header.url !== url) throw new Problem(401, 'unauthorized', `signed for ${header.url}, sent to ${url}`);
  if ((header.jwk === undefined) === (header.kid === undefined)) {
    throw new Problem(400, 'malformed', 'the header needs one of jwk and kid');
  }
  const signer = header.jwk === undefined ? { account: accountOf(ca, header.kid) } : { key: keyOf(header.jwk) };
  checkSignature(envelope, header.alg, 'key' in signer ? signer.key.object : signer.account.key);
  if (typeof header.nonce !== 'string') throw new Problem(400, 'malformed', 'the header has no nonce');
  if (!ca.nonces.use(header.nonce)) throw new Problem(400, 'badNonce', 'the nonce was never given out, or is used up');
  return { payload: decoded(envelope.payload), ...signer };
}

export function envelopeOf(fields: Fields): Envelope {
  const { protected: header, payload, signature } = fields;
  if (typeof header !== 'string' || typeof payload !== 'string' || typeof signature !== 'string') {
    throw new Problem(400, 'malformed', 'an envelope has protected, payload and signature');
  }
  return { protected: header, payload, signature };
}

export const headerOf = (envelope: Envelope): Fields => jsonObject(decoded(envelope.protected));

export const decoded = (text: string): string => Buffer.from(text, 'base64url').toString();

/** Throws Problem. */
export function jsonObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {}
  throw new Problem(400, 'malformed', 'not a JSON object');
}

/** RFC 7638: the members that make the key, in this order, and no others. */
export function thumbprintOf(jwk: JsonWebKey): string {
  const { kty, crv, x, y, e, n } = jwk;
  const members = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

function accountOf(ca: Ca, kid: unknown): Account {
  const account = typeof kid === 'string' && URL.canParse(kid) ? ca.accounts.get(pathOf(kid)) : undefined;
  if (account?.url !== kid || !account) throw new Problem(400, 'accountDoesNotExist', `there is no account ${kid}`);
  if (account.status !== 'valid') throw new Problem(401, 'unauthorized', 'the account is deactivated');
  return account;
}

function keyOf(jwk: unknown): NonNullable<Signed['key']> {
  const { kty, crv, x, y, e, n } = jwk as JsonWebKey;
  try {
    const object = createPublicKey({ key: { kty, crv, x, y, e, n } as JsonWebKey, format: 'jwk' });
    return { jwk: jwk as JsonWebKey, object, thumbprint: thumbprintOf(jwk as JsonWebKey) };
  } catch {
    throw new Problem(400, 'badPublicKey', 'the jwk is no key that this CA reads');
  }
}

function checkSignature(envelope: Envelope, algorithm: unknown, key: KeyObject): void {
  const data = Buffer.from(`${envelope.protected}.${envelope.payload}`);
  const signature = Buffer.from(envelope.signature, 'base64url');
  const digest = digestFor(algorithm, key);
  if (!verify(digest, data, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
    throw new Problem(400, 'malformed', 'the signature is not by this key');
  }
}

function digestFor(algorithm: unknown, key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'RS256' && type === 'rsa') return 'sha256';
  if (algorithm === 'ES256' && details?.namedCurve === 'prime256v1') return 'sha256';
  if (algorithm === 'ES384' && details?.namedCurve === 'secp384r1') return 'sha384';
  throw new Problem(400, 'badSignatureAlgorithm', `${algorithm} is not for this key, or not taken`, {
    algorithms: ['RS256', 'ES256', 'ES384'],
  });
}
