import type { AcmeProblem } from './problem.ts';

/** What a problem means to a user. */
export interface Words {
  readonly code: string;
  /** Goes on from "could not …: ". */
  readonly what: string;
  readonly help: string;
}

const rateLimited: Words = {
  code: 'acme-rate-limited',
  what: 'this CA allows no more for now',
  help: 'Nothing helps but waiting; trying again meanwhile may make it longer. Try things out at the staging directory.',
};

const unavailable: Words = {
  code: 'acme-ca-unavailable',
  what: 'the CA can not answer at the moment',
  help: 'Try again later. If it lasts, look at the status page of the CA.',
};

const broken: Words = {
  code: 'acme-ca-failed',
  what: 'the CA failed',
  help: 'Try again later. If it stays, tell the CA; this is not about your machine.',
};

const notUnderstood: Words = {
  code: 'acme-request-refused',
  what: 'the CA does not accept the request',
  help: 'Its own words above are all that is known. If they do not lead anywhere, please report it as a bug.',
};

const account: Words = {
  code: 'acme-account-refused',
  what: 'the CA does not let this account do that',
  help: 'Its own words above say why. An account that was closed is replaced by a new one at the next attempt.',
};

/** By the type of RFC 8555, section 6.7, RFC 9773 (alreadyReplaced) and draft-ietf-acme-profiles (invalidProfile). */
const byType: Readonly<Record<string, Words>> = {
  rateLimited,
  accountDoesNotExist: account,
  badNonce: broken,
  serverInternal: broken,
  malformed: notUnderstood,
  unauthorized: {
    code: 'acme-unauthorized',
    what: 'the CA found another answer to its challenge than the one that was put there',
    help: 'The name leads to another machine, or something in front of it (a redirect, a proxy, a firewall) answers. Fetch http://NAME/.well-known/acme-challenge/test from outside and see who answers.',
  },
  incorrectResponse: {
    code: 'acme-unauthorized',
    what: 'the CA found another answer to its challenge than the one that was put there',
    help: 'The name leads to another machine, or the DNS record is not there yet at every name server of the zone.',
  },
  dns: {
    code: 'acme-dns',
    what: 'the CA can not resolve the name',
    help: 'Look the name up with a public resolver, such as dig NAME @1.1.1.1. A zone with broken DNSSEC fails at CAs first.',
  },
  connection: {
    code: 'acme-connection',
    what: 'the CA can not reach this machine',
    help: 'Port 80 has to be open from everywhere, on the IPv4 and the IPv6 address of the name. Where that can not be, use dns-01.',
  },
  tls: {
    code: 'acme-tls',
    what: 'the CA reached the machine, but could not talk TLS to it',
    help: 'A redirect from port 80 leads to a broken https server. Serve /.well-known/acme-challenge/ on port 80 itself.',
  },
  caa: {
    code: 'acme-caa',
    what: 'a CAA record of the domain forbids it',
    help: 'Add a CAA record that allows this CA, such as NAME CAA 0 issue "letsencrypt.org", or use the CA that the record names.',
  },
  rejectedIdentifier: {
    code: 'acme-name-refused',
    what: 'the CA gives no certificates for this name',
    help: 'Names need a public suffix that can be registered; names of internal networks and blocked ones get none. For those use an own CA: keepgate cert csr.',
  },
  unsupportedIdentifier: {
    code: 'acme-name-refused',
    what: 'the CA gives no certificates for this kind of name',
    help: 'IP addresses need a CA and a profile for them, such as "shortlived" at Let\'s Encrypt.',
  },
  badCSR: {
    code: 'acme-csr-refused',
    what: 'the CA does not accept the certificate request',
    help: 'Another key type may do: ec-p256 and rsa-2048 are accepted everywhere.',
  },
  badPublicKey: {
    code: 'acme-csr-refused',
    what: 'the CA does not accept the key',
    help: 'Use another key type: ec-p256 and rsa-2048 are accepted everywhere.',
  },
  badSignatureAlgorithm: {
    code: 'acme-csr-refused',
    what: 'the CA does not accept the signature of this key',
    help: 'Use another key type: ec-p256 and rsa-2048 are accepted everywhere.',
  },
  invalidProfile: {
    code: 'acme-profile-refused',
    what: 'the CA does not have this profile, or not for these names',
    help: 'Leave the profile out for the default one, or take one that the CA lists for its users.',
  },
  externalAccountRequired: {
    code: 'acme-external-account-required',
    what: 'the CA gives accounts only to its own customers, or does not know this external account binding',
    help: 'Get a new key identifier and key from the website of the CA: most of them can be used once.',
  },
  userActionRequired: {
    code: 'acme-user-action-required',
    what: 'the CA wants something from a person first, most often agreement to new terms',
    help: 'Follow the link in its words above, then try again.',
  },
  invalidContact: {
    code: 'acme-contact-refused',
    what: 'the CA does not accept the e-mail address of the account',
    help: 'Correct it, or leave it out: most CAs need none.',
  },
  unsupportedContact: {
    code: 'acme-contact-refused',
    what: 'the CA does not accept the e-mail address of the account',
    help: 'Correct it, or leave it out: most CAs need none.',
  },
  orderNotReady: {
    code: 'acme-order-not-ready',
    what: 'the order is not ready yet, or finished already',
    help: 'Try again: the next run takes up the same order.',
  },
  alreadyReplaced: {
    code: 'acme-already-replaced',
    what: 'the certificate that is to be renewed was renewed already',
    help: 'Another machine or another program renews it too. Let only one of them do it.',
  },
  alreadyRevoked: {
    code: 'acme-already-revoked',
    what: 'the certificate is revoked already',
    help: 'There is nothing left to do.',
  },
  badRevocationReason: {
    code: 'acme-revocation-refused',
    what: 'the CA does not accept this reason for a revocation',
    help: 'Leave the reason out, or use one that the CA lists.',
  },
};

/** A problem in a user's words; its `what` holds the CA's own, and those for each name. */
export function problemWords(problem: AcmeProblem): Words {
  const words = plainWords(problem);
  const details = problem.subproblems.map(({ identifier, detail }) =>
    [identifier?.value, detail].filter(Boolean).join(': '),
  );
  const said = [problem.detail, ...details].filter((text) => text !== '').join('; ');
  return { ...words, what: said === '' ? words.what : `${words.what}: ${said}` };
}

function plainWords({ type, status, method, subproblems }: AcmeProblem): Words {
  // The same type stands for a wrong answer to a challenge, and for an account that may not do something.
  if (type === 'unauthorized' && method !== undefined) return account;
  if (type === 'compound') return byType[subproblems[0]?.type ?? ''] ?? notUnderstood;
  if (type === 'serverInternal' && status === 503) return unavailable;
  const words = Object.hasOwn(byType, type) ? byType[type] : undefined;
  if (words) return words;
  if (status === 429) return rateLimited;
  if (status === 503) return unavailable;
  return status >= 500 ? broken : notUnderstood;
}
