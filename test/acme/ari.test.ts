import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateId, isWindowStale, parseWindow, rememberWindow } from '../../src/acme/ari.ts';
import type { AriState } from '../../src/acme/renewal-state.ts';
import { selfSigned } from '../../src/certs/self-signed.ts';

/** RFC 9773, appendix A. */
const example = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

describe('certificateId', () => {
  it('is that of the RFC, with the leading zero of the serial number', () => {
    expect(certificateId(example)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it('is that of the first certificate of a chain', () => {
    expect(certificateId(example + selfSigned(['a.example']).certificate)).toBe('aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE');
  });

  it('is none without the key identifier of the issuer', () => {
    const { certificate } = selfSigned(['a.example']);
    expect(new X509Certificate(certificate).serialNumber).toMatch(/^[4-7]/);
    expect(certificateId(certificate)).toBeUndefined();
  });
});

const window = { start: '2027-01-10T00:00:00Z', end: '2027-01-12T00:00:00.5+01:00' };

describe('parseWindow', () => {
  it('reads a window and where it is explained', () => {
    expect(parseWindow({ suggestedWindow: window, explanationURL: 'https://ca.example/why', more: 1 })).toEqual({
      start: new Date('2027-01-10T00:00:00Z'),
      end: new Date('2027-01-11T23:00:00.5Z'),
      explanationUrl: 'https://ca.example/why',
    });
  });

  it.each([
    ['an error page', '<html>', 'it has no suggestedWindow with start and end'],
    ['null', null, 'it has no suggestedWindow with start and end'],
    ['no end', { suggestedWindow: { start: window.start } }, 'it has no suggestedWindow with start and end'],
    ['seconds', { suggestedWindow: { start: 1, end: 2 } }, 'the dates of its window are not RFC 3339'],
    [
      'no RFC 3339',
      { suggestedWindow: { ...window, end: 'Jan 12, 2027' } },
      'the dates of its window are not RFC 3339',
    ],
    [
      'no date',
      { suggestedWindow: { ...window, end: '2027-13-41T00:00:00Z' } },
      'the dates of its window are not RFC 3339',
    ],
    ['backwards', { suggestedWindow: { ...window, end: window.start } }, 'its window ends before it begins'],
  ])('does not take %s for one', (_, answer, why) => {
    expect(parseWindow(answer)).toBe(why);
  });

  it.each(['javascript:alert(1)', 'https://ca.example/\u001b[2J', 7])(
    'leaves out the explanation %j',
    (explanationURL) => {
      expect(parseWindow({ suggestedWindow: window, explanationURL })).not.toHaveProperty('explanationUrl');
    },
  );
});

describe('rememberWindow', () => {
  const certificate = {
    notBefore: new Date('2026-11-24T00:00:00Z'),
    notAfter: new Date('2027-02-22T00:00:00Z'),
    serial: '04d2',
  };
  const [start, end] = [new Date('2027-01-10T00:00:00Z'), new Date('2027-01-12T00:00:00Z')];
  const now = new Date('2026-11-25T12:00:00Z');
  const remember = (retryAfter?: number, serial = '04d2'): AriState => {
    const kept = rememberWindow(
      { start, end, ...(retryAfter === undefined ? {} : { retryAfter }) },
      { ...certificate, serial },
      now,
    );
    if (typeof kept === 'string') throw new Error(kept);
    return kept;
  };

  it('chooses a moment inside, the same one again, another for another certificate', () => {
    const chosen = ['01', '02', '03', '04'].map((serial) => remember(undefined, serial).chosen);
    expect(new Set(chosen).size).toBe(4);
    expect(remember(undefined, '01').chosen).toBe(chosen[0]);
    for (const moment of chosen) {
      expect(new Date(moment) >= start).toBe(true);
      expect(new Date(moment) < end).toBe(true);
    }
  });

  it.each([
    ['11 hours unless told otherwise', undefined, '2026-11-25T23:00:00.000Z'],
    ["the CA's own pause", 6 * 3_600_000, '2026-11-25T18:00:00.000Z'],
    ['not at once', 0, '2026-11-25T12:01:00.000Z'],
    ['not in a week', 7 * 86_400_000, '2026-11-26T12:00:00.000Z'],
  ])('asks again after %s', (_, retryAfter, recheckAt) => {
    expect(remember(retryAfter)).toMatchObject({ recheckAt, checkedAt: now.toISOString() });
  });

  it('does not believe what lies beside the lifetime', () => {
    expect(rememberWindow({ start: new Date('2027-03-01'), end: new Date('2027-03-02') }, certificate, now)).toBe(
      'it begins after the certificate expires',
    );
  });

  it('is stale when its time has come, for another certificate, and when the clock went back', () => {
    const kept = remember();
    expect(isWindowStale(undefined, '04d2', now)).toBe(true);
    expect(isWindowStale(kept, '04d2', now)).toBe(false);
    expect(isWindowStale(kept, '04d3', now)).toBe(true);
    expect(isWindowStale(kept, '04d2', new Date('2026-11-25T23:00:00Z'))).toBe(true);
    expect(isWindowStale(kept, '04d2', new Date('2026-11-25T11:00:00Z'))).toBe(true);
    expect(isWindowStale({ ...kept, recheckAt: '?' }, '04d2', now)).toBe(true);
  });
});
