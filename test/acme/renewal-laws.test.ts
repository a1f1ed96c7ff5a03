import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rememberWindow } from '../../src/acme/ari.ts';
import { decideRenewal } from '../../src/acme/renewal.ts';
import { failed, type RenewalState, renewed } from '../../src/acme/renewal-state.ts';
import type { Validity } from '../../src/acme/validity.ts';

const hour = 3_600_000;
const day = 24 * hour;
const epoch = Date.parse('2026-11-24T00:00:00Z');

const serials = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 2, maxLength: 40 });
const lifetimes = fc.integer({ min: hour, max: 398 * day });
const certificateOf = (lifetime: number, serial: string): Validity => ({
  notBefore: new Date(epoch),
  notAfter: new Date(epoch + lifetime),
  serial,
});
const moments = (lifetime: number) =>
  fc.double({ min: -0.1, max: 1.2, noNaN: true }).map((share) => iso(share * lifetime));
const iso = (span: number): string => new Date(epoch + Math.round(span)).toISOString();

/** A certificate, anything that a state may hold about it, and a few moments in order. */
const situations = fc.tuple(lifetimes, serials).chain(([lifetime, serial]) =>
  fc.record({
    certificate: fc.constant(certificateOf(lifetime, serial)),
    state: fc.record(
      {
        failures: fc.nat(6),
        lastAttempt: fc.constant(iso(0)),
        notBefore: moments(lifetime),
        revoked: fc.constantFrom(serial, 'another'),
        ari: fc.tuple(moments(lifetime), moments(lifetime), moments(lifetime)).map(([start, end, chosen]) => ({
          ...{ serial, start, end, chosen },
          ...{ checkedAt: iso(0), recheckAt: iso(0) },
        })),
      },
      { requiredKeys: ['failures'] },
    ),
    changed: fc.constantFrom([], ['key type']),
    times: fc
      .array(fc.double({ min: -0.05, max: 1.5, noNaN: true }), { minLength: 2, maxLength: 12 })
      .map((shares) =>
        shares.sort((a, b) => a - b).map((share) => new Date(epoch + Math.max(-hour, Math.round(share * lifetime)))),
      ),
  }),
);

describe('the decision', () => {
  it('comes in time, and not in the first half', () => {
    fc.assert(
      fc.property(lifetimes, serials, fc.double({ min: 0, max: 1, noNaN: true }), (lifetime, serial, phase) => {
        const certificate = certificateOf(lifetime, serial);
        const interval = Math.min(12 * hour, lifetime / 12);
        let asked = epoch + phase * interval;
        while (!decideRenewal({ now: new Date(asked), certificate, state: renewed }).due) asked += interval;
        expect(asked).toBeLessThan(epoch + 0.95 * lifetime);
        expect(asked).toBeGreaterThanOrEqual(epoch + 0.5 * lifetime - 1);
      }),
    );
  });

  it('is never taken back, agrees with its own date, and that date stays', () => {
    fc.assert(
      fc.property(situations, ({ certificate, state, changed, times }) => {
        let before: ReturnType<typeof decideRenewal> | undefined;
        for (const now of times) {
          const decision = decideRenewal({ now, certificate, state, changed });
          expect(decision.due).toBe(decision.at <= now);
          expect(decision.retryAt).toEqual(decision.why === 'back-off' ? decision.at : undefined);
          if (before?.due) expect(decision.due).toBe(true);
          if (before && !before.due) expect(decision.due).toBe(before.at <= now);
          if (before && !before.due && !decision.due) expect(decision.at).toEqual(before.at);
          const at = (moment: number) => decideRenewal({ now: new Date(moment), certificate, state, changed });
          if (!decision.due) expect(at(decision.at.getTime()).due).toBe(true);
          if (!decision.due) expect(at(decision.at.getTime() - 1).due).toBe(false);
          before = decision;
        }
      }),
      { numRuns: 500 },
    );
  });

  it('comes with the first run after an outage of a third that begins when the window of the CA opens', () => {
    const clocks = fc.array(fc.constantFrom(-hour, 0, hour), { minLength: 100, maxLength: 100 });
    const long = fc.constantFrom(45 * day, 90 * day, 200 * day);
    fc.assert(
      fc.property(long, serials, fc.nat(12 * hour - 1), clocks, (lifetime, serial, phase, skews) => {
        const certificate = certificateOf(lifetime, serial);
        const expires = epoch + lifetime;
        const middle = expires - lifetime / 3;
        const window = { start: new Date(middle - lifetime / 50), end: new Date(middle + lifetime / 50) };
        const ari = rememberWindow(window, certificate, window.start);
        if (typeof ari === 'string') throw new Error(ari);
        let state: RenewalState = { ...renewed, ari };
        const opened = window.start.getTime() + phase;
        for (let run = 0; ; run += 1) {
          const time = opened + run * 12 * hour;
          const now = new Date(time + (skews[run % skews.length] ?? 0));
          const { due } = decideRenewal({ now, certificate, state });
          if (time >= opened + lifetime / 3) {
            expect({ due, inTime: time < expires }).toEqual({ due: true, inTime: true });
            return;
          }
          if (due) state = failed(state, now, { code: 'acme-unreachable', message: 'no answer' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never asks a CA earlier than that allows', () => {
    fc.assert(
      fc.property(situations, ({ certificate, state, changed, times }) => {
        for (const now of times)
          if (state.notBefore && now < new Date(state.notBefore))
            expect(decideRenewal({ now, certificate, state, changed }).due).toBe(false);
      }),
    );
  });
});

/**
 * Two years of a timer that fires every 12 hours on a machine whose clock is off, with a CA that is away for a third of the
 * lifetime from the worst moment on: the first attempt of each third renewal.
 */
function twoYears(lifetime: number, { phase = 0, skew = 0, outages = false }) {
  const end = epoch + 730 * day;
  let state: RenewalState = renewed;
  let certificate = { ...certificateOf(lifetime, '00'), notBefore: new Date(epoch - hour) };
  let until = 0;
  let outagesSeen = 0;
  const renewals: { readonly left: number; readonly age: number }[] = [];
  let attempts = 0;
  for (let time = epoch + phase * 12 * hour; time < end; time += 12 * hour) {
    expect(time, `expired after ${renewals.length} renewals`).toBeLessThan(certificate.notAfter.getTime());
    const now = new Date(time + skew);
    if (!decideRenewal({ now, certificate, state }).due) continue;
    attempts += 1;
    if (outages && time >= until && renewals.length === 3 * outagesSeen) {
      outagesSeen += 1;
      until = time + lifetime / 3;
    }
    if (time < until) {
      state = failed(state, now, { code: 'acme-unreachable', message: 'no answer' });
      continue;
    }
    renewals.push({ left: certificate.notAfter.getTime() - time, age: time - certificate.notBefore.getTime() });
    // As CAs do: valid from an hour before its issuance.
    const notBefore = new Date(time - hour);
    certificate = { notBefore, notAfter: new Date(time - hour + lifetime), serial: renewals.length.toString(16) };
    state = renewed;
    expect(decideRenewal({ now, certificate, state }).due, 'twice').toBe(false);
  }
  return { renewals, attempts, outagesSeen };
}

describe.each([90 * day, 45 * day, 160 * hour])('two years of a lifetime of %d ms', (lifetime) => {
  it.each([-hour, 0, hour])('are survived, with a clock off by %d ms', (skew) => {
    for (const phase of [0, 0.3, 0.6, 0.9]) {
      const { renewals, attempts } = twoYears(lifetime, { phase, skew });
      expect(attempts).toBe(renewals.length);
      expect(renewals.length).toBeGreaterThanOrEqual(Math.floor((730 * day) / (0.65 * lifetime + 12 * hour)) - 1);
      for (const { left, age } of renewals) {
        expect(left).toBeGreaterThan(lifetime / 3);
        expect(age).toBeGreaterThanOrEqual(lifetime / 2 - hour);
      }
    }
  });

  it.each([-hour, 0, hour])('are survived when the CA is away for a third of it, with a clock off by %d ms', (skew) => {
    for (const phase of [0, 0.3, 0.6, 0.9]) {
      const { renewals, attempts, outagesSeen } = twoYears(lifetime, { phase, skew, outages: true });
      expect(outagesSeen).toBeGreaterThan(2);
      expect(attempts - renewals.length).toBeLessThan(outagesSeen * (lifetime / 3 / (12 * hour) + 2));
    }
  });
});
