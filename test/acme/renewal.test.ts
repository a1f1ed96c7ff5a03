import { describe, expect, it } from 'vitest';
import { decideRenewal } from '../../src/acme/renewal.ts';
import { type AriState, failed, type RenewalState, renewed } from '../../src/acme/renewal-state.ts';
import { windowProblem } from '../../src/acme/validity.ts';

const hour = 3_600_000;
const day = 24 * hour;
const issued = new Date('2026-11-24T00:00:00Z');
const certificate = (lifetime: number, serial = '04d2') => ({
  notBefore: issued,
  notAfter: new Date(issued.getTime() + lifetime),
  serial,
});
const later = (span: number): Date => new Date(issued.getTime() + span);
const decide = (lifetime: number, elapsed: number, state: RenewalState = renewed) =>
  decideRenewal({ now: later(elapsed), certificate: certificate(lifetime), state });
const ari = (start: number, end: number, chosen: number, serial = '04d2'): AriState => ({
  serial,
  start: later(start).toISOString(),
  end: later(end).toISOString(),
  chosen: later(chosen).toISOString(),
  checkedAt: issued.toISOString(),
  recheckAt: issued.toISOString(),
});
const failures = (count: number, lastAttempt: number): RenewalState => ({
  failures: count,
  lastAttempt: later(lastAttempt).toISOString(),
});

describe('decideRenewal by lifetime', () => {
  it.each([398, 90, 64, 45, 10])('%d days: a little before a third is left', (days) => {
    expect(decide(days * day, 0.59 * days * day)).toMatchObject({ due: false, why: 'not-yet' });
    expect(decide(days * day, 0.64 * days * day)).toMatchObject({ due: true, why: 'lifetime' });
  });

  it.each([6 * day, 160 * hour, 10 * day - 1, hour])('%d ms: a little after the middle', (lifetime) => {
    expect(decide(lifetime, 0.5 * lifetime - 1)).toMatchObject({ due: false, why: 'not-yet' });
    expect(decide(lifetime, 0.51 * lifetime)).toMatchObject({ due: true, why: 'lifetime' });
  });

  it('says when, and why, in words', () => {
    const waiting = decide(90 * day, day);
    expect(waiting.reason).toBe('when about a third of its 90 days is left');
    expect(waiting.at.getTime()).toBeGreaterThan(later(53 * day).getTime());
    expect(waiting.at.getTime()).toBeLessThan(later(58 * day).getTime());
    expect(decide(90 * day, 60 * day)).toMatchObject({
      reason: 'about a third of its 90 days is left',
      at: later(60 * day),
    });
    expect(decide(6 * day, 4 * day).reason).toBe('about half of its 6 days is left');
  });

  it('differs from certificate to certificate, and is the same for the same one', () => {
    const at = (serial: string) =>
      decideRenewal({ now: issued, certificate: certificate(90 * day, serial), state: renewed }).at.getTime();
    expect(new Set(['01', '02', '03', '04', '05'].map(at)).size).toBe(5);
    expect(at('01')).toBe(at('01'));
  });
});

describe('decideRenewal at once', () => {
  it('when there is none', () => {
    expect(decideRenewal({ now: issued, state: renewed })).toEqual({
      due: true,
      at: issued,
      why: 'missing',
      reason: 'there is no certificate yet',
    });
  });

  it('when it is revoked; when an earlier one was, not', () => {
    expect(decide(90 * day, day, { failures: 0, revoked: '04d2' })).toMatchObject({ due: true, why: 'revoked' });
    expect(decide(90 * day, day, { failures: 0, revoked: '04d1' })).toMatchObject({ due: false });
  });

  it('when its settings changed', () => {
    const input = { now: later(day), certificate: certificate(90 * day), state: renewed };
    expect(decideRenewal({ ...input, changed: ['names: a.example added'] })).toMatchObject({
      due: true,
      why: 'changed',
      reason: 'changed: names: a.example added',
    });
  });

  it('when it has expired', () => {
    expect(decide(90 * day, 100 * day)).toMatchObject({
      due: true,
      why: 'emergency',
      reason: 'it expired 10 days ago',
    });
  });
});

describe('decideRenewal by ARI', () => {
  it('waits for the chosen moment, however early or late the window is', () => {
    for (const chosen of [5, 70]) {
      const state = { failures: 0, ari: ari((chosen - 1) * day, (chosen + 1) * day, chosen * day) };
      expect(decide(90 * day, chosen * day - 1, state)).toMatchObject({
        due: false,
        why: 'not-yet',
        at: later(chosen * day),
        reason: 'when the CA suggests (ARI)',
      });
      expect(decide(90 * day, chosen * day, state)).toMatchObject({ due: true, why: 'ari' });
    }
  });

  it('takes a window in the past for "now"', () => {
    expect(decide(90 * day, 3 * day, { failures: 0, ari: ari(day, 2 * day, 1.5 * day) })).toMatchObject({
      due: true,
      why: 'ari',
    });
  });

  it('does not wait for a window behind the last twentieth', () => {
    const state = { failures: 0, ari: ari(88 * day, 89 * day, 88.5 * day) };
    expect(decide(90 * day, 80 * day, state)).toMatchObject({ due: false, at: later(85.5 * day) });
    expect(decide(90 * day, 85.5 * day, state)).toMatchObject({
      due: true,
      why: 'emergency',
      reason: 'only 4 days left',
    });
  });

  it('goes by the lifetime when the window is absurd, damaged, or of an earlier certificate', () => {
    const usual = decide(90 * day, day).at;
    for (const wrong of [
      ari(2 * day, day, 1.5 * day),
      ari(-9 * day, -8 * day, -9 * day),
      ari(900 * day, 901 * day, 900 * day),
      ari(day / 2, day, day / 2, '04d1'),
      { ...ari(day / 2, day, day / 2), start: 'soon' },
    ])
      expect(decide(90 * day, day, { failures: 0, ari: wrong })).toMatchObject({ due: false, at: usual });
  });

  it('keeps a moment outside its own window inside', () => {
    expect(decide(90 * day, day, { failures: 0, ari: ari(2 * day, 3 * day, 50 * day) }).at).toEqual(later(3 * day));
  });
});

describe('decideRenewal after failures', () => {
  const minute = 60_000;

  it.each([
    [1, minute],
    [2, 10 * minute],
    [3, 100 * minute],
    [4, day],
    [9, day],
  ])('%d of them: a pause', (count, pause) => {
    const state = failures(count, 60 * day);
    expect(decide(90 * day, 60 * day + pause - 1, state)).toMatchObject({
      due: false,
      why: 'back-off',
      at: later(60 * day + pause),
      retryAt: later(60 * day + pause),
    });
    expect(decide(90 * day, 60 * day + pause, state)).toMatchObject({ due: true, why: 'lifetime' });
  });

  it('shorter for short lifetimes, and in an emergency', () => {
    expect(decide(160 * hour, 100 * hour, failures(4, 99 * hour)).retryAt).toEqual(later(103 * hour));
    expect(decide(160 * hour, 154 * hour, failures(4, 153.9 * hour)).retryAt).toEqual(later((153.9 + 0.16) * hour));
    expect(decide(90 * day, 85 * day, failures(4, 84.9 * day)).at).toEqual(later(85.5 * day));
  });

  it('never before what the CA said, an emergency or not', () => {
    const state = failed({ ...failures(1, 60 * day), notBefore: 'gone' }, later(89 * day), {
      code: 'rate-limited',
      message: 'too many certificates',
      retryAt: later(89.9 * day).toISOString(),
    });
    expect(state).toMatchObject({ failures: 2, lastAttempt: later(89 * day).toISOString() });
    expect(decide(90 * day, 89.5 * day, state)).toMatchObject({
      due: false,
      why: 'back-off',
      retryAt: later(89.9 * day),
      reason: 'the CA asked to wait: too many certificates',
    });
    expect(failed(state, later(89.9 * day), { code: 'x-y', message: 'z' }).notBefore).toBeUndefined();
  });

  it('but waits for no more than a week', () => {
    const retryAt = later(9999 * day).toISOString();
    expect(failed(renewed, later(day), { code: 'x-y', message: 'z', retryAt }).notBefore).toBe(
      later(8 * day).toISOString(),
    );
  });

  it('says what failed', () => {
    const state = failed(renewed, later(60 * day), { code: 'acme-unauthorized', message: 'port 80 is closed' });
    expect(decide(90 * day, 60 * day, state).reason).toBe('the last attempt failed: port 80 is closed');
    expect(decide(90 * day, 60 * day, failures(3, 60 * day)).reason).toBe('3 attempts failed');
  });

  it('forgets an attempt that a wrong clock put into the future', () => {
    expect(decide(90 * day, 60 * day, failures(1, 800 * day))).toMatchObject({ due: true });
  });

  it('holds back what has no certificate yet, too', () => {
    expect(decideRenewal({ now: issued, state: failures(4, -hour) })).toMatchObject({
      due: false,
      at: later(23 * hour),
    });
  });
});

describe('windowProblem', () => {
  it('takes what touches the lifetime', () => {
    const problem = (start: number, end: number) => windowProblem(later(start), later(end), certificate(90 * day));
    expect(problem(-day, 1)).toBeUndefined();
    expect(problem(89 * day, 300 * day)).toBeUndefined();
    expect(problem(1, 1)).toBe('it ends before it begins');
    expect(problem(-2, -1)).toBe('it ends before the certificate is valid');
    expect(problem(90 * day, 91 * day)).toBe('it begins after the certificate expires');
    expect(problem(Number.NaN, 1)).toBe('its dates are none');
  });
});
