import { describe, expect, it } from 'vitest';
import { decideRenewal } from '../../src/acme/renewal.ts';
import { failed, type RenewalState, renewed } from '../../src/acme/renewal-state.ts';
import { exitCodeOf, statusOf } from '../../src/certs/status.ts';
import { fromNow, lifetimeInWords, spanInWords } from '../../src/certs/time-in-words.ts';

const hour = 3_600_000;
const day = 24 * hour;
const issued = new Date('2026-11-24T00:00:00Z');
const later = (span: number): Date => new Date(issued.getTime() + span);
const served = { notBefore: issued, notAfter: later(90 * day - 1000) };
const dueAt = decideRenewal({ now: issued, certificate: { ...served, serial: '01' }, state: renewed }).at.getTime();

function status(now: Date, state: RenewalState = renewed, more: Partial<Parameters<typeof statusOf>[0]> = {}) {
  const decision = decideRenewal({ now, certificate: { ...served, serial: '01' }, state });
  return statusOf({ now, origin: 'acme', served, decision, ...more });
}

describe('statusOf', () => {
  it('is ok until it is due, and overdue from one run of the timer later on', () => {
    expect(status(later(day))).toMatchObject({ state: 'ok' });
    expect(status(later(day)).words).toMatch(/^renewed in 5\d days, when about a third of its 90 days is left$/);
    expect(status(new Date(dueAt - 1))).toMatchObject({ state: 'ok' });
    expect(status(new Date(dueAt))).toEqual({
      state: 'due',
      words: 'with the next renewal: about a third of its 90 days is left',
    });
    expect(status(new Date(dueAt + 12 * hour))).toMatchObject({ state: 'due' });
    expect(status(new Date(dueAt + 12 * hour + 1))).toEqual({
      state: 'overdue',
      words: 'overdue for 12 hours: about a third of its 90 days is left',
    });
  });

  it('is due or overdue while attempts are held back, too', () => {
    const at = new Date(dueAt + hour);
    const state = failed(renewed, at, { code: 'a-b', message: 'no answer' });
    expect(status(at, state)).toEqual({
      state: 'due',
      words: 'the last attempt failed: no answer; again in 60 seconds',
    });
    const much = { ...state, failures: 4, lastAttempt: new Date(dueAt + 3 * day).toISOString() };
    expect(status(new Date(dueAt + 3 * day), much)).toEqual({
      state: 'overdue',
      words: 'overdue for 3 days: 4 attempts failed: no answer; again in 24 hours',
    });
  });

  it('is overdue in an emergency, counted from when it was due', () => {
    expect(status(later(86 * day))).toMatchObject({ state: 'overdue' });
    expect(status(later(86 * day)).words).toMatch(/^overdue for (2|3)\d days: only 3 days left$/);
  });

  it('is expired, whoever issues it', () => {
    expect(status(later(90 * day + 3 * day))).toEqual({ state: 'expired', words: 'expired 3 days ago' });
    expect(status(later(91 * day), renewed, { origin: 'import' }).state).toBe('expired');
  });

  it('is broken before anything else', () => {
    expect(status(later(999 * day), renewed, { problem: 'another key' })).toEqual({
      state: 'broken',
      words: 'another key',
    });
  });

  it('is due at once when it is revoked', () => {
    expect(status(later(day), { failures: 0, revoked: '01' })).toEqual({
      state: 'due',
      words: 'with the next renewal: it is revoked',
    });
  });

  it('is imported until a tenth is left, then somebody has to do something', () => {
    const soon = issued.getTime() + 0.9 * (90 * day - 1000);
    const imported = (now: number) => status(new Date(now), renewed, { origin: 'import' });
    expect(imported(soon - 1)).toEqual({ state: 'imported', words: 'expires in 8 days' });
    expect(imported(soon)).toMatchObject({ state: 'due' });
    expect(imported(soon + 12 * hour + 1)).toEqual({
      state: 'overdue',
      words: 'expires in 8 days; get the next one from your CA, and `cert import` it',
    });
  });
});

describe('statusOf a stand-in', () => {
  const standIn = (now: Date, state: RenewalState, standInSince?: Date) =>
    statusOf({
      ...{ now, origin: 'acme', decision: decideRenewal({ now, state }) },
      ...(standInSince && { standInSince }),
    });

  it('is one, and overdue after a run of the timer', () => {
    expect(standIn(later(hour), renewed, issued)).toEqual({
      state: 'stand-in',
      words: 'a self-signed stand-in is served',
    });
    expect(standIn(later(13 * hour), renewed, issued)).toMatchObject({ state: 'overdue' });
    expect(standIn(later(13 * hour), renewed)).toEqual({ state: 'stand-in', words: 'there is none yet' });
  });

  it('says what failed', () => {
    const state = failed(renewed, issued, { code: 'a-b', message: 'port 80 is closed' });
    expect(standIn(issued, state, issued).words).toBe(
      'a self-signed stand-in is served; the last attempt failed: port 80 is closed; again in 60 seconds',
    );
  });

  it('of an imported one waits for the CA', () => {
    expect(
      statusOf({ now: issued, origin: 'import', decision: decideRenewal({ now: issued, state: renewed }) }),
    ).toEqual({
      state: 'stand-in',
      words: 'there is none yet; `cert import` takes the one of your CA',
    });
  });
});

describe('exitCodeOf', () => {
  it('is what a monitor needs', () => {
    expect(exitCodeOf([])).toBe(0);
    expect(exitCodeOf(['ok', 'due', 'imported', 'stand-in'])).toBe(0);
    expect(exitCodeOf(['ok', 'overdue'])).toBe(3);
    expect(exitCodeOf(['expired', 'overdue'])).toBe(1);
    expect(exitCodeOf(['overdue', 'broken'])).toBe(1);
  });
});

describe('time in words', () => {
  it('takes the largest unit of which there are two', () => {
    expect([2 * day, 2 * day - 1, 2 * hour, 2 * hour - 1, 60_000, 1000, 999, 0].map(spanInWords)).toEqual([
      ...['2 days', '47 hours', '2 hours', '119 minutes', '60 seconds', '1 second', '0 seconds', '0 seconds'],
    ]);
    expect(fromNow(later(41.5 * day), issued)).toBe('in 41 days');
    expect(fromNow(issued, later(5 * hour))).toBe('5 hours ago');
    expect(lifetimeInWords(served)).toBe('90 days');
  });
});
