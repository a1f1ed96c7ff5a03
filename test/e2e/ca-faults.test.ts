/** Everything that can be wrong with a CA, through the whole program: what is said, the exit code, and how often it was asked. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Workplace } from '../cli/workplace.ts';
import { keepgateAt } from '../in-process.ts';
import { badNonce, type Fault, type Faults, rateLimited, unavailable } from '../small-ca/faults.ts';
import { days } from '../small-ca/policy.ts';
import type { RequestKind } from '../small-ca/request-kinds.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const hour = 3_600_000;
const start = Date.parse('2027-03-01T12:00:00Z');
const place = new Workplace();
let clock = start;
let stores = 0;
let store = '';
let ca: SmallCa;

beforeEach(async () => {
  clock = start;
  store = `store-${stores++}`;
  ca = await startSmallCa({ now: () => new Date(clock) });
});
afterEach(() => ca.stop());

interface Document {
  readonly certificates: readonly {
    readonly result: string;
    readonly error?: {
      readonly code: string;
      readonly message: string;
      readonly help?: string;
      readonly retryAt?: string;
    };
    readonly diagnostics?: readonly { readonly code: string; readonly severity: string; readonly help?: string }[];
  }[];
  readonly retryAt?: string;
}

const common = () => ['--store', store, '--skip-preflight', '--no-reload', '--format', 'json'];

const issue = (...more: string[]) => issueTrusting(ca.caFile, ...more);

async function issueTrusting(caFile: string, ...more: string[]) {
  const account = ['--directory', ca.directoryUrl, '--ca-file', caFile, '--agree-tos', '--webroot', 'webroot'];
  return told(['cert', 'issue', '--host', 'api.example.com', ...account, ...common(), ...more]);
}

const renew = (...more: string[]) => told(['cert', 'renew', ...common(), ...more]);

async function told(argv: readonly string[]) {
  const { exitCode, stdout, stderr } = await keepgateAt(argv, { now: () => new Date(clock), cwd: place.folder });
  expect(stderr).toBe('');
  const document: Document = JSON.parse(stdout);
  return { exitCode, document, first: document.certificates[0] };
}

const asked = (kind: RequestKind) => ca.requests.filter((request) => request.kind === kind).length;

/** What is left in the folder that the CA looks into. */
const answers = () => readdirSync(join(place.folder, 'webroot/.well-known/acme-challenge'));

/** All is well again: the next run finishes, with one certificate. */
async function recovers() {
  ca.faults.clear();
  clock += 2 * days(1);
  const { exitCode, first } = await issue();
  expect(first?.error).toBeUndefined();
  expect(exitCode).toBe(0);
  expect(answers()).toEqual([]);
}

const everyKind: readonly RequestKind[] = [
  'directory',
  'newNonce',
  'newAccount',
  'newOrder',
  'authorization',
  'challenge',
  'finalize',
  'order',
  'certificate',
];

describe('an answer of no use', () => {
  const faults: readonly (readonly [string, Fault, string, number])[] = [
    ['HTML', { fault: 'html', status: 200 }, 'acme-answer-not-understood', 4],
    ['more than 1 MB', { fault: 'oversized' }, 'acme-answer-too-large', 4],
    ['half of it', { fault: 'truncated' }, 'acme-ca-hung-up', 4],
    ['a reset', { fault: 'reset' }, 'acme-ca-hung-up', 4],
  ];
  const cases = faults.flatMap(([name, fault, code, exitCode]) =>
    everyKind.map((kind) => ({ name, kind, fault, code, exitCode })),
  );

  it.each(cases)('$name to $kind', async ({ kind, fault, code, exitCode }) => {
    (ca.faults as Faults).always(kind, fault as never);
    const before = await issue();
    if (before.exitCode === 0) {
      // It has another way to what it needs to know: a nonce comes with every answer, an order says what finalize did.
      expect(['newNonce', 'finalize', 'order', 'challenge']).toContain(kind);
      return;
    }
    expect(before.first?.error?.code).toBe(code);
    expect(before.exitCode).toBe(exitCode);
    expect(asked(kind)).toBeLessThanOrEqual(4);
    await recovers();
    expect(ca.issued).toHaveLength(1);
  });
});

describe('a CA that has no time', () => {
  it.each(['newAccount', 'newOrder', 'finalize', 'certificate'] as const)(
    'says so to %s, for a second',
    async (kind) => {
      ca.faults.next(kind, unavailable(1), 1);
      const { exitCode } = await issue();
      expect(exitCode).toBe(0);
      expect(asked(kind)).toBe(2);
    },
  );

  it('asks for a minute more than is waited for, in seconds', async () => {
    ca.faults.always('newOrder', rateLimited(120));
    const { exitCode, first, document } = await issue();
    expect(exitCode).toBe(5);
    expect(first?.error).toMatchObject({ code: 'acme-rate-limited' });
    const retryAt = Date.parse(document.retryAt ?? '');
    expect(Math.abs(retryAt - clock - 120_000)).toBeLessThan(3_000);
    expect(asked('newOrder')).toBe(1);
    ca.faults.clear();
    const early = await issue();
    expect(early.exitCode).toBe(5);
    expect(Date.parse(early.document.retryAt ?? '')).toBeGreaterThan(clock);
    expect(asked('newOrder')).toBe(1);
    clock += 130_000;
    expect((await issue()).exitCode).toBe(0);
  });

  it.each([
    ['as a date', { asDate: 3600 }, hour],
    ['of a day', 86_400, 24 * hour],
  ] as const)('gives a Retry-After %s', async (_, retryAfter, wait) => {
    ca.faults.always('newOrder', rateLimited(retryAfter));
    const { exitCode, document } = await issue();
    expect(exitCode).toBe(5);
    expect(Math.abs(Date.parse(document.retryAt ?? '') - clock - wait)).toBeLessThan(3_000);
    expect(asked('newOrder')).toBe(1);
    await recovers();
  });

  it.each([
    ['no Retry-After at all', undefined],
    ['one that nobody can read', { text: 'soon' }],
  ])('gives %s: our own pauses hold, longer each time', async (_, retryAfter) => {
    ca.faults.always('newOrder', rateLimited(retryAfter));
    let requests = 0;
    for (const pause of [60_000, 600_000]) {
      const { exitCode, document, first } = await issue();
      expect(exitCode).toBe(5);
      expect(asked('newOrder')).toBe(++requests);
      expect(Math.abs(Date.parse(document.retryAt ?? '') - clock - pause)).toBeLessThan(3_000);
      expect(first?.error?.retryAt).toBe(document.retryAt);
      clock += pause / 2;
      for (const more of [[], ['--force']]) {
        const early = await issue(...more);
        expect(early.exitCode).toBe(5);
        expect(Date.parse(early.document.retryAt ?? '')).toBeGreaterThan(clock);
      }
      expect(asked('newOrder')).toBe(requests);
      clock = Date.parse(document.retryAt ?? '');
    }
    await recovers();
  });

  it('gives no Retry-After at a renewal: that waits as well', async () => {
    expect((await issue()).exitCode).toBe(0);
    clock += days(65);
    ca.faults.always('newOrder', rateLimited());
    const { exitCode, document } = await renew();
    expect(exitCode).toBe(5);
    const early = await renew();
    expect(early.exitCode).toBe(5);
    expect(early.document.retryAt).toBe(document.retryAt);
    expect(asked('newOrder')).toBe(2);
    ca.faults.clear();
    clock = Date.parse(document.retryAt ?? '');
    expect((await renew()).first?.result).toBe('issued');
  });

  it('is down, and says for how long', async () => {
    ca.faults.always('newOrder', unavailable(120));
    const { exitCode, first, document } = await issue();
    expect(exitCode).toBe(5);
    expect(first?.error?.code).toBe('acme-ca-unavailable');
    expect(Math.abs(Date.parse(document.retryAt ?? '') - clock - 120_000)).toBeLessThan(3_000);
    expect(asked('newOrder')).toBe(1);
    await recovers();
  });

  it('is down, and does not say for how long', async () => {
    ca.faults.always('newOrder', unavailable());
    const { exitCode, first, document } = await issue();
    expect(exitCode).toBe(4);
    expect(first?.error?.code).toBe('acme-ca-unavailable');
    expect(document.retryAt).toBeUndefined();
    expect(asked('newOrder')).toBe(1);
    await recovers();
  });

  it('refuses every nonce', async () => {
    ca.faults.always('newOrder', badNonce);
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(4);
    expect(first?.error?.code).toBe('acme-ca-failed');
    expect(asked('newOrder')).toBeLessThanOrEqual(41);
    await recovers();
  });
});

describe('a certificate that is not the one', () => {
  it.each([
    ['other-key', 'certificate-key-mismatch'],
    ['lacks-name', 'certificate-name-mismatch'],
    ['expired', 'certificate-expired'],
    ['backwards', 'certificate-chain-order'],
  ] as const)('%s', async (flaw, code) => {
    ca.faults.next('certificate', { fault: 'certificate', flaw });
    const { exitCode, first } = await issue();
    expect(first?.error?.code).toBe(code);
    expect(exitCode).toBe(1);
    await recovers();
  });

  it('has none in it, and the next run downloads it again', async () => {
    ca.faults.next('certificate', { fault: 'certificate', flaw: 'empty' });
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(4);
    expect(first?.error?.code).toBe('acme-certificate-missing');
    expect(first?.error?.help).not.toContain('directory');
    await recovers();
    expect(ca.issued).toHaveLength(1);
  });

  it('stands alone, without that of its issuer', async () => {
    ca.faults.always('certificate', { fault: 'certificate', flaw: 'leaf-only' });
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(0);
    expect(first?.diagnostics).toMatchObject([{ code: 'certificate-no-chain', severity: 'warning' }]);
    expect(first?.diagnostics?.[0]?.help).toContain('caFile');
  });

  it('stands alone and lacks nothing, since the root of the private CA signed it', async () => {
    ca.faults.always('certificate', { fault: 'certificate', flaw: 'leaf-only' });
    const caFile = place.write('own-root.pem', readFileSync(ca.caFile, 'utf8') + ca.ownRoot);
    const { exitCode, first } = await issueTrusting(caFile);
    expect(exitCode).toBe(0);
    expect(first?.diagnostics).toBeUndefined();
  });
});

describe('an order that ends badly', () => {
  it('invalid, with the reasons of the CA', async () => {
    ca.faults.next('finalize', { fault: 'invalid-order', type: 'caa', detail: 'CAA record prevents issuance' });
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(1);
    expect(first?.error?.code).toBe('order-failed');
    expect(first?.error?.message).toContain('CAA record prevents issuance');
    await recovers();
  });

  it('a name that the CA could not see', async () => {
    ca.faults.next('challenge', {
      fault: 'validation',
      type: 'unauthorized',
      detail: 'Invalid response from http://…: 404',
    });
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(1);
    expect(first?.error?.code).toBe('authorization-failed');
    expect(first?.error?.message).toContain('api.example.com: ');
    expect(answers()).toEqual([]);
    await recovers();
  });

  it.each(['newOrder', 'finalize', 'certificate', 'challenge'] as const)(
    'an answer to %s that got lost',
    async (kind) => {
      ca.faults.next(kind, { fault: 'lost-answer' });
      const { exitCode } = await issue();
      if (exitCode !== 0) expect((await issue()).exitCode).toBe(0);
      expect(ca.issued).toHaveLength(1);
      expect(ca.orders).toBeLessThanOrEqual(2);
    },
  );
});

describe('a CA that never comes to an end', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(['directory', 'newOrder', 'finalize', 'certificate'] as const)('with its answer to %s', async (kind) => {
    ca.faults.always(kind, { fault: 'hang' });
    const limits: number[] = [];
    // The time limit of a request runs out as soon as the CA has it.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((limit) => {
      limits.push(limit);
      const stop = new AbortController();
      const look = setInterval(() => {
        if (asked(kind) === 0) return;
        clearInterval(look);
        setTimeout(() => stop.abort(), 100);
      }, 20).unref();
      return stop.signal;
    });
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(4);
    expect(first?.error).toMatchObject({ code: 'acme-ca-timeout', message: expect.stringContaining('within 30 s') });
    expect(new Set(limits)).toEqual(new Set([30_000]));
    expect(asked(kind)).toBe(1);
    vi.restoreAllMocks();
    await recovers();
    expect(ca.issued).toHaveLength(1);
    expect(ca.orders).toBe(1);
  });

  it('with the certificate: the order stays in processing', async () => {
    ca.faults.next('finalize', { fault: 'processing' });
    const real = Date.now;
    // A minute with each look at the order once the certificate is asked for.
    vi.spyOn(Date, 'now').mockImplementation(() => real() + (asked('finalize') > 0 ? asked('order') * 60_000 : 0));
    const { exitCode, first } = await issue();
    expect(exitCode).toBe(4);
    expect(first?.error).toMatchObject({ code: 'order-slow', message: expect.stringContaining('"processing"') });
    expect(asked('order')).toBeLessThanOrEqual(5);
    expect(ca.orders).toBe(1);
    const later = await issue();
    expect(later.first?.error?.code).toBe('order-slow');
    expect(ca.orders).toBe(1);
  });
});

describe('renewal information', () => {
  it.each(['no-dates', 'not-dates', 'end-before-start', 'years-away', 'years-ago'] as const)('%s', async (flaw) => {
    expect((await issue()).exitCode).toBe(0);
    ca.faults.always('renewalInfo', { fault: 'renewal-info', flaw });
    clock += days(30);
    const kept = await renew();
    expect(kept.exitCode).toBe(0);
    expect(kept.first?.result).toBe('kept');
    clock += days(35);
    expect((await renew()).first?.result).toBe('issued');
    expect((await renew()).first?.result).toBe('kept');
  });

  it('asks for renewal at once, and the order says what it replaces', async () => {
    expect((await issue()).exitCode).toBe(0);
    ca.policy.ari = { start: new Date(clock + days(1)), end: new Date(clock + days(2)) };
    clock += days(5);
    expect((await renew()).first?.result).toBe('issued');
    expect(ca.issued[1]?.replaces).toBeDefined();
  });

  it('is refused by a CA that knows no such certificate, and the order goes without it', async () => {
    expect((await issue()).exitCode).toBe(0);
    ca.faults.next('newOrder', {
      fault: 'problem',
      status: 409,
      type: 'alreadyReplaced',
      detail: 'this certificate was replaced before',
    });
    clock += days(65);
    expect((await renew()).first?.result).toBe('issued');
    expect(ca.issued[1]?.replaces).toBeUndefined();
  });
});

it('a Date header that is an hour off changes nothing', async () => {
  ca.faults.dateSkew = hour;
  expect((await issue()).exitCode).toBe(0);
});
