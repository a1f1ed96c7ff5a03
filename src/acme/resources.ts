/** What a CA answers, checked: it comes from a network, and a half of it must not be taken for the whole. */
import { parseWindow, type SuggestedWindow } from './ari.ts';
import { type AcmeProblem, type Identifier, type ProblemContext, problemOf } from './problem.ts';
import type { Answer } from './transport.ts';
import { TransportFailure } from './transport-failure.ts';

/** RFC 8555, section 7.1.1; renewalInfo: RFC 9773; profiles: draft-ietf-acme-profiles. */
export interface DirectoryObject {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
  readonly revokeCert: string;
  readonly renewalInfo: string | undefined;
  readonly terms: string | undefined;
  readonly externalAccountRequired: boolean;
  /** What each stands for, by name. */
  readonly profiles: Readonly<Record<string, string>>;
  /** What the CA looks for in CAA records (RFC 8659). */
  readonly caaIdentities: readonly string[];
}

/** RFC 8555, section 7.1.3. */
export interface Order {
  readonly url: string;
  readonly status: (typeof orderStates)[number];
  /** RFC 3339. */
  readonly expires?: string;
  readonly identifiers: readonly Identifier[];
  /** URLs. */
  readonly authorizations: readonly string[];
  /** URL. */
  readonly finalize: string;
  /** URL; there when it is valid. */
  readonly certificate?: string;
  readonly error?: AcmeProblem;
  /** Milliseconds before which asking again is pointless. */
  readonly retryAfter?: number;
}

/** RFC 8555, section 7.1.4. */
export interface Authorization {
  readonly url: string;
  readonly status: (typeof authorizationStates)[number];
  /** Without `*.`. */
  readonly identifier: Identifier;
  readonly wildcard: boolean;
  readonly challenges: readonly AuthorizationChallenge[];
  /** Milliseconds before which asking again is pointless. */
  readonly retryAfter?: number;
}

/** RFC 8555, section 7.1.5. */
export interface AuthorizationChallenge {
  readonly type: string;
  readonly url: string;
  /** base64url; empty for types that have none. */
  readonly token: string;
  readonly status: string;
  readonly error?: AcmeProblem;
}

/** RFC 9773, section 4.2. */
export interface RenewalInfo extends SuggestedWindow {
  /** Milliseconds after which to ask again. */
  readonly retryAfter?: number;
}

const orderStates = ['pending', 'ready', 'processing', 'valid', 'invalid'] as const;
const authorizationStates = ['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked'] as const;

/** @throws TransportFailure not-acme, or insecure when a URL in it isn't https */
export function parseDirectory(value: unknown, url: string): DirectoryObject {
  const directory = reader(value, url, 'directory');
  const meta = reader(directory.value('meta') ?? {}, url, 'meta');
  return {
    newNonce: directory.url('newNonce'),
    newAccount: directory.url('newAccount'),
    newOrder: directory.url('newOrder'),
    revokeCert: directory.url('revokeCert'),
    renewalInfo: directory.value('renewalInfo') === undefined ? undefined : directory.url('renewalInfo'),
    terms: meta.optional('termsOfService'),
    externalAccountRequired: meta.value('externalAccountRequired') === true,
    profiles: Object.fromEntries(
      Object.entries(meta.value('profiles') ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
    caaIdentities: meta.value('caaIdentities') === undefined ? [] : meta.strings('caaIdentities'),
  };
}

/** The URL of what was made (RFC 8555, sections 7.3 and 7.4). */
export function location({ location: value }: Answer['headers'], url: string): string {
  if (value === undefined || !URL.canParse(value, url))
    throw new TransportFailure('not-acme', url, 'it has no Location');
  return new URL(value, url).href;
}

/** The URLs of a Link header with `rel="alternate"` (RFC 8555, section 7.4.2). */
export function alternates({ link = '' }: Answer['headers'], url: string): string[] {
  const links = (Array.isArray(link) ? link : [link]).join(', ').matchAll(/<([^>]*)>([^<]*)/g);
  return [...links]
    .filter(([, target = '', rest = '']) => /;\s*rel="?alternate"?/i.test(rest) && URL.canParse(target, url))
    .map(([, target = '']) => new URL(target, url).href);
}

/** @throws TransportFailure not-acme */
export function parseOrder({ data, retryAfter }: Answer, url: string, receivedAt: Date): Order {
  const order = reader(data, url, 'order');
  const expires = order.optional('expires');
  const certificate = order.value('certificate') === undefined ? undefined : order.url('certificate');
  const error = order.value('error');
  return {
    url,
    status: order.oneOf('status', orderStates),
    identifiers: order.list('identifiers').map((entry) => identifier(entry, url)),
    authorizations: order.strings('authorizations'),
    finalize: order.url('finalize'),
    ...(expires !== undefined && { expires }),
    ...(certificate !== undefined && { certificate }),
    ...(error !== undefined && { error: within(error, { url, receivedAt }) }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** @throws TransportFailure not-acme */
export function parseAuthorization({ data, retryAfter }: Answer, url: string, receivedAt: Date): Authorization {
  const authorization = reader(data, url, 'authorization');
  return {
    url,
    status: authorization.oneOf('status', authorizationStates),
    identifier: identifier(authorization.value('identifier'), url),
    wildcard: authorization.value('wildcard') === true,
    challenges: authorization.list('challenges').map((entry): AuthorizationChallenge => {
      const challenge = reader(entry, url, 'challenge');
      const error = challenge.value('error');
      return {
        type: challenge.string('type'),
        url: challenge.url('url'),
        token: challenge.optional('token') ?? '',
        status: challenge.string('status'),
        ...(error !== undefined && { error: within(error, { url, receivedAt }) }),
      };
    }),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** @throws TransportFailure not-acme, for a window that is none too */
export function parseRenewalInfo({ data, retryAfter }: Answer, url: string): RenewalInfo {
  const window = parseWindow(data);
  if (typeof window === 'string') throw new TransportFailure('not-acme', url, window);
  return { ...window, ...(retryAfter !== undefined && { retryAfter }) };
}

function identifier(value: unknown, url: string): Identifier {
  const fields = reader(value, url, 'identifier');
  return { type: fields.oneOf('type', ['dns', 'ip'] as const), value: fields.string('value') };
}

function within(error: unknown, context: Pick<ProblemContext, 'url' | 'receivedAt'>): AcmeProblem {
  const status = reader(error, context.url, 'error').value('status');
  return problemOf(error, { ...context, status: typeof status === 'number' ? status : 0 });
}

/** Reads the members of what has to be an object; what isn't as it should be ends with a TransportFailure that names it. */
function reader(object: unknown, url: string, what: string) {
  const fail = (reason: string): never => {
    throw new TransportFailure('not-acme', url, reason);
  };
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return fail(`its ${what} is no object`);
  const members = object as Record<string, unknown>;
  const string = (name: string): string => {
    const value = members[name];
    return typeof value === 'string' ? value : fail(`its ${what} has no ${name}`);
  };
  const list = (name: string): readonly unknown[] => {
    const value = members[name];
    return Array.isArray(value) ? value : fail(`its ${what} has no list of ${name}`);
  };
  return {
    value: (name: string): unknown => members[name] ?? undefined,
    string,
    optional: (name: string) => (typeof members[name] === 'string' ? members[name] : undefined),
    list,
    strings: (name: string) =>
      list(name).map((entry) => (typeof entry === 'string' ? entry : fail(`its ${what} has other things in ${name}`))),
    url: (name: string) => {
      const value = string(name);
      if (!URL.canParse(value)) fail(`its ${what} has no URL in ${name}`);
      if (!value.startsWith('https://')) throw new TransportFailure('insecure', value, `the ${name} of ${url}`);
      return value;
    },
    oneOf: <T extends string>(name: string, allowed: readonly T[]): T =>
      allowed.find((candidate) => candidate === members[name]) ??
      fail(`its ${what} has a ${name} that ACME doesn't know`),
  };
}
