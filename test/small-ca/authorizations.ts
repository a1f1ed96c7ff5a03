/** RFC 8555, sections 7.1.4, 7.5 and 8. */
import { randomBytes } from 'node:crypto';
import { type Answer, fieldsOf, type Handler, owned } from './answer.ts';
import { days } from './policy.ts';
import { Problem, problemJson } from './problem.ts';
import {
  type Account,
  type Authorization,
  type Ca,
  type Challenge,
  type Identifier,
  newUrl,
  pathOf,
} from './records.ts';
import { validate } from './validate.ts';

/** A valid one that may serve again, else a new one; `identifier` with its `*.`. */
export function authorizationFor(ca: Ca, account: Account, identifier: Identifier): Authorization {
  const wildcard = identifier.value.startsWith('*.');
  const value = identifier.value.replace(/^\*\./, '');
  const candidates = ca.policy.authorizationReuse > 0 ? [...ca.authorizations.values()] : [];
  const usable = candidates.find(
    (known) =>
      known.account === account &&
      known.identifier.value === value &&
      known.wildcard === wildcard &&
      authorizationStatus(ca, known) === 'valid',
  );
  if (usable) return usable;
  const url = newUrl(ca, 'authorization', ca.authorizations);
  const challenges = typesFor(identifier, wildcard).map((type) => newChallenge(url, type));
  const expires = new Date(ca.now().getTime() + days(7));
  const created: Authorization = {
    url,
    account,
    identifier: { type: identifier.type, value },
    wildcard,
    challenges,
    expires,
    status: 'pending',
  };
  ca.authorizations.set(pathOf(url), created);
  for (const challenge of challenges) {
    ca.challenges.set(pathOf(challenge.url), { account, authorization: created, challenge });
  }
  return created;
}

export function authorizationStatus(ca: Ca, { status, expires }: Authorization) {
  return expires <= ca.now() && (status === 'pending' || status === 'valid') ? 'expired' : status;
}

export const authorization: Handler = (ca, post) => {
  const asked = owned(ca.authorizations.get(post.path), post);
  const fields = fieldsOf(post);
  if (fields && fields.status !== 'deactivated') throw new Problem(400, 'malformed', 'it can only be deactivated');
  if (fields) asked.status = 'deactivated';
  return shown(ca, asked);
};

export const challenge: Handler = (ca, post) => {
  const { challenge, authorization } = owned(ca.challenges.get(post.path), post);
  const headers = { Link: [`<${authorization.url}>;rel="up"`] };
  if (!fieldsOf(post)) return { status: 200, headers, body: challengeJson(challenge) };
  if (authorizationStatus(ca, authorization) !== 'pending') {
    throw new Problem(400, 'malformed', `the authorization is ${authorizationStatus(ca, authorization)}`);
  }
  if (challenge.status === 'pending') {
    challenge.status = 'processing';
    const body = challengeJson(challenge);
    const finding =
      post.fault?.fault === 'validation' ? post.fault : validate(ca.policy.validate, authorization, challenge);
    if (finding instanceof Promise) finding.then((found) => settle(ca, authorization, challenge, found));
    else settle(ca, authorization, challenge, finding);
    return { status: 200, headers, body };
  }
  return { status: 200, headers, body: challengeJson(challenge) };
};

function settle(ca: Ca, authorization: Authorization, challenge: Challenge, error: Challenge['error']): void {
  if (error) {
    challenge.error = { type: error.type, detail: error.detail };
    challenge.status = authorization.status = 'invalid';
    return;
  }
  challenge.status = authorization.status = 'valid';
  challenge.validated = ca.now();
  if (ca.policy.authorizationReuse > 0) {
    authorization.expires = new Date(ca.now().getTime() + ca.policy.authorizationReuse);
  }
}

function typesFor({ type }: Identifier, wildcard: boolean): readonly Challenge['type'][] {
  if (wildcard) return ['dns-01'];
  return type === 'ip' ? ['http-01', 'tls-alpn-01'] : ['http-01', 'tls-alpn-01', 'dns-01'];
}

function newChallenge(authorizationUrl: string, type: Challenge['type']): Challenge {
  const url = `${authorizationUrl.replace('/authorization/', '/challenge/')}/${type}`;
  return { url, type, token: randomBytes(32).toString('base64url'), status: 'pending' };
}

function shown(ca: Ca, { identifier, wildcard, challenges, expires, ...asked }: Authorization): Answer {
  const status = authorizationStatus(ca, { identifier, wildcard, challenges, expires, ...asked });
  const { retryAfter } = ca.policy.processing;
  const wait =
    status === 'pending' && retryAfter !== undefined && challenges.some((one) => one.status === 'processing');
  return {
    status: 200,
    ...(wait ? { headers: { 'Retry-After': String(retryAfter) } } : {}),
    body: {
      identifier,
      status,
      expires: expires.toISOString(),
      challenges: challenges.map(challengeJson),
      ...(wildcard ? { wildcard } : {}),
    },
  };
}

function challengeJson({ error, validated, ...fields }: Challenge): object {
  return {
    ...fields,
    ...(validated ? { validated: validated.toISOString() } : {}),
    ...(error ? { error: problemJson(error) } : {}),
  };
}
