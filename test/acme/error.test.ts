import { describe, expect, it } from 'vitest';
import { toKeepgateError } from '../../src/acme/error.ts';
import { problemOf } from '../../src/acme/problem.ts';
import { transportFailure } from '../../src/acme/transport-failure.ts';
import { pages } from '../../src/diagnostic-pages.ts';

const context = {
  url: 'https://ca.example/order',
  method: 'POST',
  status: 403,
  receivedAt: new Date('2027-01-01T00:00:00Z'),
};
const urn = 'urn:ietf:params:acme:error:';

/** RFC 8555, section 6.7, RFC 9773 and the draft of profiles. */
const types = `accountDoesNotExist alreadyRevoked alreadyReplaced badCSR badNonce badPublicKey badRevocationReason
badSignatureAlgorithm caa compound connection dns externalAccountRequired incorrectResponse invalidContact invalidProfile
malformed orderNotReady rateLimited rejectedIdentifier serverInternal tls unauthorized unsupportedContact
unsupportedIdentifier userActionRequired`.split(/\s+/);

describe('a problem', () => {
  it.each([...types, 'ofTomorrow'])('%s has words of its own, those of the CA, and a page', (type) => {
    const error = toKeepgateError(problemOf({ type: urn + type, detail: 'Its own\n words' }, context), 'order');
    expect(error.exitCode).toBe(type === 'rateLimited' ? 5 : 4);
    expect(error.message).toMatch(/^could not order: .{10,}: Its own words$/);
    expect(error.diagnostic.help?.length).toBeGreaterThan(20);
    expect(pages.has(error.diagnostic.code)).toBe(true);
  });

  it('has those for each name', () => {
    const subproblems = [
      { type: `${urn}caa`, detail: 'no', identifier: { type: 'dns', value: 'a.example' } },
      { type: `${urn}dns`, detail: 'nobody', identifier: { type: 'ip', value: '192.0.2.1' } },
      'nonsense',
    ];
    const problem = problemOf({ type: `${urn}compound`, detail: 'several', subproblems }, context);
    const { code, message } = toKeepgateError(problem, 'order').diagnostic;
    expect(code).toBe('acme-caa');
    expect(message).toContain(': several; a.example: no; 192.0.2.1: nobody');
  });

  it('about a challenge is another one than about an account', () => {
    const body = { type: `${urn}unauthorized`, detail: 'no' };
    expect(toKeepgateError(problemOf(body, context), 'x').diagnostic.code).toBe('acme-account-refused');
    const inside = problemOf(body, { ...context, method: undefined });
    expect(toKeepgateError(inside, 'x').diagnostic.code).toBe('acme-unauthorized');
  });

  it.each([
    [400, 'acme-request-refused'],
    [429, 'acme-rate-limited'],
    [500, 'acme-ca-failed'],
    [503, 'acme-ca-unavailable'],
  ])('that is none, with status %i, is understood by that', (status, code) => {
    for (const body of [undefined, 'text', { type: 'about:blank' }, { type: 7 }, []]) {
      expect(toKeepgateError(problemOf(body, { ...context, status }), 'x').diagnostic.code).toBe(code);
    }
  });

  it('has no more words than a person reads', () => {
    const problem = problemOf({ type: `${urn}malformed`, detail: 'x'.repeat(100_000) }, context);
    expect(toKeepgateError(problem, 'order').message.length).toBeLessThan(1200);
  });

  it('says when to come back', () => {
    const problem = problemOf({ type: `${urn}rateLimited` }, { ...context, status: 429, retryAfter: 3_600_000 });
    expect(toKeepgateError(problem, 'order')).toMatchObject({
      exitCode: 5,
      diagnostic: {
        retryAt: '2027-01-01T01:00:00Z',
        help: expect.stringContaining('Not before 2027-01-01T01:00:00Z.'),
      },
    });
  });
});

it('says when to come back where the CA does not', () => {
  const problem = problemOf({ type: `${urn}rateLimited` }, { ...context, status: 429 });
  expect(toKeepgateError(problem, 'revoke')).toMatchObject({
    exitCode: 5,
    diagnostic: { retryAt: '2027-01-01T00:01:00Z', help: expect.stringContaining('does not say for how long') },
  });
  const ownPause = new Date('2027-01-01T00:10:00.001Z');
  expect(toKeepgateError(problem, 'order', ownPause).diagnostic.retryAt).toBe('2027-01-01T00:10:01Z');
});

describe('a failure of the connection', () => {
  it.each([
    ['ENOTFOUND', 'acme-ca-not-found'],
    ['EAI_AGAIN', 'acme-ca-not-found'],
    ['ECONNREFUSED', 'acme-ca-not-reached'],
    ['EHOSTUNREACH', 'acme-ca-not-reached'],
    ['ENETUNREACH', 'acme-ca-not-reached'],
    ['ETIMEDOUT', 'acme-ca-timeout'],
    ['ECONNRESET', 'acme-ca-hung-up'],
    ['EPIPE', 'acme-ca-hung-up'],
    ['HPE_INVALID_CONSTANT', 'acme-answer-not-understood'],
    ['CERT_HAS_EXPIRED', 'acme-ca-not-trusted'],
    ['EPROTO', 'acme-ca-not-trusted'],
  ])('%s is %s', (code, expected) => {
    const failure = transportFailure(Object.assign(new Error('words\nof OpenSSL'), { code }), 'https://ca.example/');
    const { diagnostic, exitCode } = toKeepgateError(failure, 'order');
    expect({ code: diagnostic.code, exitCode }).toEqual({ code: expected, exitCode: 4 });
    expect(diagnostic.message).toContain('ca.example');
    expect(diagnostic.message).not.toContain('\n');
  });
});

it('what is a bug stays one', () => {
  expect(() => toKeepgateError(new TypeError('a bug'), 'order')).toThrow('a bug');
});
