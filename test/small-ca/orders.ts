/** RFC 8555, sections 7.1.3 and 7.4; profiles after draft-ietf-acme-profiles. */
import { type Answer, fieldsOf, type Handler, mustBeGet, owned, signerOf } from './answer.ts';
import { authorizationFor, authorizationStatus } from './authorizations.ts';
import { identifiersOf } from './identifiers.ts';
import type { Fields } from './jws.ts';
import { days, type Profile } from './policy.ts';
import { Problem, problemJson } from './problem.ts';
import { type Ca, type Identifier, newUrl, type Order, pathOf } from './records.ts';
import { replacementOf } from './replacement.ts';

export const newOrder: Handler = (ca, post) => {
  const account = signerOf(post);
  const fields = fieldsOf(post) ?? {};
  if (fields.notBefore !== undefined || fields.notAfter !== undefined) {
    throw new Problem(400, 'malformed', 'notBefore and notAfter are not for clients to choose here');
  }
  const identifiers = identifiersOf(fields, ca.policy);
  const profile = profileOf(ca, fields, identifiers);
  const replaces = replacementOf(ca, fields, account, identifiers);
  const wanted = { account, identifiers, ...(profile ? { profile } : {}), ...(replaces ? { replaces } : {}) };
  const order = unfinished(ca, wanted) ?? create(ca, wanted);
  return shown(ca, order, 201);
};

export const order: Handler = (ca, post) => {
  const asked = owned(ca.orders.get(post.path), post);
  mustBeGet(post);
  if (asked.status === 'processing') {
    if (asked.polls <= 0) asked.status = 'valid';
    asked.polls -= 1;
  }
  return shown(ca, asked, 200);
};

/** As the client sees it (RFC 8555, section 7.1.6). */
export function orderStatus(ca: Ca, { status, authorizations, expires }: Order): Order['status'] | 'ready' {
  if (status !== 'pending') return status;
  const statuses = authorizations.map((authorization) => authorizationStatus(ca, authorization));
  if (expires <= ca.now() || statuses.some((one) => one !== 'pending' && one !== 'valid')) return 'invalid';
  return statuses.includes('pending') ? 'pending' : 'ready';
}

export function shown(ca: Ca, order: Order, code: number): Answer {
  const status = orderStatus(ca, order);
  const { identifiers, authorizations, finalize, expires, certificate, error, profile, replaces } = order;
  const { retryAfter } = ca.policy.processing;
  const wait = status === 'processing' && retryAfter !== undefined;
  return {
    status: code,
    headers: { Location: order.url, ...(wait ? { 'Retry-After': String(retryAfter) } : {}) },
    body: {
      status,
      expires: expires.toISOString(),
      identifiers,
      authorizations: authorizations.map(({ url }) => url),
      finalize,
      ...(profile ? { profile } : {}),
      ...(replaces ? { replaces: replaces.id } : {}),
      ...(status === 'valid' && certificate ? { certificate: certificate.url } : {}),
      ...(error ? { error: problemJson(error) } : {}),
    },
  };
}

type Wanted = Pick<Order, 'account' | 'identifiers' | 'profile' | 'replaces'>;

function unfinished(ca: Ca, wanted: Wanted): Order | undefined {
  if (!ca.policy.reuseOrders) return undefined;
  return [...ca.orders.values()].findLast(
    (known) => ['pending', 'ready'].includes(orderStatus(ca, known)) && key(known) === key(wanted),
  );
}

const key = ({ account, identifiers, profile, replaces }: Wanted): string =>
  JSON.stringify([account.url, identifiers, profile, replaces?.serial]);

function create(ca: Ca, wanted: Wanted): Order {
  const url = newUrl(ca, 'order', ca.orders);
  const order: Order = {
    ...wanted,
    url,
    finalize: url.replace('/order/', '/finalize/'),
    authorizations: wanted.identifiers.map((identifier) => authorizationFor(ca, wanted.account, identifier)),
    expires: new Date(ca.now().getTime() + days(7)),
    status: 'pending',
    polls: 0,
  };
  ca.orders.set(pathOf(url), order);
  return order;
}

function profileOf(ca: Ca, fields: Fields, identifiers: readonly Identifier[]): string | undefined {
  const { profiles } = ca.policy;
  const name = profiles && String(fields.profile ?? Object.keys(profiles)[0]);
  const profile: Profile | undefined = name ? profiles[name] : { description: '' };
  if (!profile) throw new Problem(400, 'invalidProfile', `there is no profile ${name}`);
  const { maximumNames = 100, addresses = true } = profile;
  if (identifiers.length > maximumNames) {
    throw new Problem(400, 'malformed', `an order has at most ${maximumNames} identifiers here`);
  }
  if (!addresses && identifiers.some(({ type }) => type === 'ip')) {
    throw new Problem(400, 'rejectedIdentifier', `the profile ${name} is not for IP addresses`);
  }
  return name;
}
