import { describe, expect, it } from 'vitest';
import { checkLimits } from '../../src/acme/check-limits.ts';
import {
  emptyLedger,
  type Ledger,
  withCertificate,
  withFailures,
  withOrder,
  withPause,
} from '../../src/acme/ledger.ts';
import { KeepgateError } from '../../src/diagnostic.ts';

const directory = 'https://acme-v02.api.letsencrypt.org/directory';
const other = 'https://ca.example.test/acme/directory';
const hour = 3_600_000;
const start = new Date('2026-11-24T00:00:00Z');
const later = (span: number): Date => new Date(start.getTime() + span);
const attempt = { directory, names: ['a.example.com', 'b.example.com'] };

const times = (count: number, ledger: Ledger, act: (ledger: Ledger, index: number) => Ledger): Ledger =>
  Array.from({ length: count }, (_, index) => index).reduce(act, ledger);

function refusal(ledger: Ledger, what: typeof attempt & { exempt?: boolean }, now: Date) {
  try {
    checkLimits(ledger, what, now);
  } catch (error) {
    if (error instanceof KeepgateError) return { ...error.diagnostic, exitCode: error.exitCode };
    throw error;
  }
  return undefined;
}

describe("Let's Encrypt's limits", () => {
  it('lets the first order through', () => {
    expect(checkLimits(emptyLedger, attempt, start)).toEqual([]);
  });

  it('are 300 orders in 3 hours', () => {
    const almost = times(299, emptyLedger, (ledger, index) => withOrder(ledger, attempt, later(index * 1000)));
    expect(refusal(almost, attempt, later(hour))).toBeUndefined();
    const full = withOrder(almost, attempt, later(hour));
    expect(refusal(full, attempt, later(hour))).toMatchObject({
      exitCode: 5,
      code: 'rate-limited',
      retryAt: '2026-11-24T03:00:00Z',
      message:
        'acme-v02.api.letsencrypt.org was not asked for a.example.com and 1 more: 300 orders were placed in the last 3 hours, and its limit is 300',
    });
    expect(refusal(full, attempt, later(3 * hour - 1))).toBeDefined();
    expect(refusal(full, attempt, later(3 * hour))).toBeUndefined();
  });

  it('are 5 certificates in 7 days for the same names, in any order', () => {
    const issued = times(5, emptyLedger, (ledger, index) => withCertificate(ledger, attempt, later(index * hour)));
    const turned = { directory, names: ['b.example.com', 'a.example.com', 'a.example.com'] };
    expect(refusal(issued, turned, later(24 * hour))).toMatchObject({
      retryAt: '2026-12-01T00:00:00Z',
      message: expect.stringContaining('5 certificates were issued for exactly these names in the last 7 days'),
    });
    expect(refusal(issued, turned, later(168 * hour))).toBeUndefined();
    expect(refusal(issued, { directory, names: ['a.example.com'] }, later(24 * hour))).toBeUndefined();
  });

  it('are 5 failed validations in an hour for a name', () => {
    const failing = times(5, emptyLedger, (ledger, index) =>
      withFailures(ledger, directory, ['a.example.com'], later(index * 60_000)),
    );
    expect(refusal(failing, { ...attempt, exempt: true }, later(0.5 * hour))).toMatchObject({
      retryAt: '2026-11-24T01:00:00Z',
      help: 'Try again in 30 minutes, at 2026-11-24T01:00:00Z; `cert renew` does so by itself.',
    });
    expect(refusal(failing, { directory, names: ['b.example.com'] }, later(0.5 * hour))).toBeUndefined();
    expect(refusal(failing, attempt, later(hour))).toBeUndefined();
  });

  it('warn from 50 certificates below a domain on', () => {
    const issued = times(50, emptyLedger, (ledger, index) =>
      withCertificate(ledger, { directory, names: [`${index}.example.com`] }, start),
    );
    expect(checkLimits(issued, attempt, later(hour))).toMatchObject([
      { code: 'certificates-per-domain', severity: 'warning', message: expect.stringContaining('below example.com') },
    ]);
    expect(checkLimits(issued, { ...attempt, exempt: true }, later(hour))).toEqual([]);
    expect(checkLimits(issued, { directory, names: ['a.example.org'] }, later(hour))).toEqual([]);
  });

  it('do not count renewals with replaces', () => {
    const exempt = { ...attempt, exempt: true };
    const renewed = times(400, emptyLedger, (ledger) =>
      withCertificate(withOrder(ledger, exempt, start), exempt, start),
    );
    expect(refusal(renewed, attempt, later(60_000))).toBeUndefined();
    const full = times(5, emptyLedger, (ledger) => withCertificate(ledger, attempt, start));
    expect(refusal(full, exempt, later(60_000))).toBeUndefined();
  });

  it("are no other CA's", () => {
    const there = { ...attempt, directory: other };
    const many = times(400, emptyLedger, (ledger) => withCertificate(withOrder(ledger, there, start), there, start));
    expect(refusal(many, there, later(60_000))).toBeUndefined();
  });
});

describe('the pause that a CA asked for', () => {
  const names = attempt.names;
  const pause = (reason: string, until = later(24 * hour)): Ledger =>
    withPause(emptyLedger, other, { until, reason, names }, start);

  it('holds for everything at this CA, with replaces too', () => {
    const busy = pause('the server is busy');
    expect(refusal(busy, { directory: other, names: ['x.example'], exempt: true }, later(23 * hour))).toMatchObject({
      exitCode: 5,
      retryAt: '2026-11-25T00:00:00Z',
      message: 'ca.example.test was not asked for x.example: it asked to wait: the server is busy',
    });
    expect(refusal(busy, attempt, later(hour))).toBeUndefined();
    expect(refusal(busy, { ...attempt, directory: other }, later(24 * hour))).toBeUndefined();
  });

  it('holds for the names alone that it was about', () => {
    const full = pause(
      'too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s',
    );
    expect(refusal(full, { directory: other, names: [...names].reverse() }, later(hour))).toBeDefined();
    expect(refusal(full, { directory: other, names: ['x.example'] }, later(hour))).toBeUndefined();
  });

  it('ends after a week in any case', () => {
    expect(refusal(pause('', later(9999 * hour)), { ...attempt, directory: other }, later(hour))?.retryAt).toBe(
      '2026-12-01T00:00:00Z',
    );
  });

  it('is over when the names got their certificate', () => {
    const full = pause('too many failed authorizations (5) for "a.example.com"');
    const issued = withCertificate(full, { directory: other, names }, later(hour));
    expect(refusal(issued, { directory: other, names }, later(hour))).toBeUndefined();
  });
});

describe('the ledger', () => {
  it('stays small', () => {
    const at = start.toISOString();
    const failures = Array.from({ length: 1000 }, (_, index) => ({ at, name: `${index}.example` }));
    const found = { orders: failures.map(() => at), certificates: [], failures, pauses: [] };
    const full: Ledger = { version: 1, directories: { [directory]: found } };
    const many = withFailures(withOrder(full, attempt, start), directory, ['x.example'], start);
    expect(many.directories[directory]?.orders).toHaveLength(1000);
    expect(many.directories[directory]?.failures).toHaveLength(1000);
    expect(many.directories[directory]?.failures.at(-1)?.name).toBe('x.example');
    const week = withOrder(withCertificate(many, attempt, start), attempt, later(168 * hour));
    expect(week.directories[directory]).toMatchObject({ certificates: [], failures: [], pauses: [] });
    expect(week.directories[directory]?.orders).toHaveLength(1);
  });

  it('forgets what a wrong clock put into the future, and what it can not read', () => {
    const future = times(5, emptyLedger, (ledger) => withCertificate(ledger, attempt, later(9000 * hour)));
    expect(refusal(future, attempt, start)).toBeUndefined();
    const odd = { version: 1, directories: { [directory]: { orders: ['?'] } } } as unknown as Ledger;
    expect(refusal(odd, attempt, start)).toBeUndefined();
  });
});
