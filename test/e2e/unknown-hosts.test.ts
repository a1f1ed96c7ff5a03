/** Who asks for a name that no site has, or for none, gets nothing. */
import { describe, expect, it } from 'vitest';
import { parts, type Suite, suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { http2Request } from '../wire/http2.ts';
import { http3Request } from '../wire/http3.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered, type Refusal, type Response } from '../wire/message.ts';
import { clientOf, echoed, gateFor } from './gate.ts';

const sites = `
sites:
  api:
    hosts: [api.example.com]
    http3: true
    upstream: http://127.0.0.1:8880
  other:
    hosts: [other.example.com, '*.wild.example.com']
    http3: true
    upstream: http://127.0.0.1:8881
`;

const strangers = ['unknown.example', '127.0.0.1', '[::1]', 'example.com', 'xapi.example.com', '_', '', 'localhost'];

/** nginx 1.18 can't refuse a handshake: it hangs up after it. */
const handshakes: Readonly<Partial<Record<Suite, boolean>>> = { bullseye: true };

function isRefused(outcome: Response | Refusal): boolean {
  return 'refused' in outcome || outcome.status === 421 || outcome.status === 400;
}

describe.each(suites)('nginx of %s', (suite) => {
  const gate = gateFor(suite, `version: 1\n${sites}`);
  const client = () => clientOf(gate(), 'api', 'api.example.com');
  const refusal = handshakes[suite] ? { refused: 'closed' } : { refused: 'handshake', alert: 'unrecognized_name' };

  describe('over TLS', () => {
    it('answers those that it knows', async () => {
      expect(answered(await httpsRequest(client())).status).toBe(200);
      const sub = { ...clientOf(gate(), 'other', 'a.wild.example.com') };
      expect(answered(await httpsRequest(sub)).status).toBe(200);
    });

    it.each(['API.Example.COM', 'api.example.COM'])('answers one that writes the name as %s', async (servername) => {
      const shouting = { ...client(), servername };
      expect(answered(await httpsRequest({ ...shouting, host: 'api.example.com' })).status).toBe(200);
      expect(answered(await httpsRequest(shouting)).status).toBe(200);
      expect(answered(await http2Request(shouting)).status).toBe(200);
      const sub = clientOf(gate(), 'other', servername.replace(/api/i, 'A.wild'));
      expect(answered(await httpsRequest(sub)).status).toBe(200);
    });

    it.each(['TLSv1.2', 'TLSv1.3'] as const)('refuses a client that names nobody, in %s', async (version) => {
      const { port } = client();
      const request = { port, servername: false, minVersion: version, maxVersion: version } as const;
      expect(await httpsRequest(request)).toEqual(refusal);
      expect(await httpsRequest({ ...request, host: 'unknown.example' })).toEqual(refusal);
    });

    it.each(['unknown.example', 'xapi.example.com', 'api.example.com.evil.example', 'wild.example.com'])(
      'refuses the unknown name %s',
      async (servername) => {
        const { port } = client();
        expect(await httpsRequest({ port, servername })).toEqual(refusal);
        expect(await httpsRequest({ port, servername, host: '127.0.0.1' })).toEqual(refusal);
        expect(await http2Request({ port, servername })).toHaveProperty('refused');
      },
    );

    it.each(strangers)('refuses the Host %j after a known name', async (host) => {
      const before = gate().backend('127.0.0.1:8880').requests.length;
      const outcome = await httpsRequest({ ...client(), host });
      expect(isRefused(outcome)).toBe(true);
      const two = await http2Request({ ...client(), host: host || false });
      expect(isRefused(two)).toBe(true);
      expect(gate().backend('127.0.0.1:8880').requests.length).toBe(before);
    });

    it('says to one that it is misdirected, and refuses an absolute target of another', async () => {
      const outcome = await httpsRequest({ ...client(), host: 'unknown.example' });
      if (handshakes[suite]) expect(outcome).toEqual({ refused: 'closed' });
      else expect(answered(outcome).status).toBe(421);
      const absolute = { ...client(), path: 'https://unknown.example/', host: 'api.example.com' };
      expect(isRefused(await httpsRequest(absolute))).toBe(true);
    });

    it('refuses a request without Host', async () => {
      expect(answered(await httpsRequest({ ...client(), host: false })).status).toBe(400);
    });

    it.each([false, 'unknown.example', 'other.example.com'] as const)(
      'refuses a client that names %s but knows the Host of a site',
      async (servername) => {
        const { port } = client();
        const before = gate().backend('127.0.0.1:8880').requests.length;
        const outcome = await httpsRequest({ port, servername, host: 'api.example.com' });
        if (servername === 'other.example.com' && !handshakes[suite]) expect(answered(outcome).status).toBe(200);
        else if (handshakes[suite]) {
          const response = answered(outcome);
          expect(response.status).toBe(421);
          if (servername !== 'other.example.com') expect(response.tls.certificate.subjectaltname).toBeUndefined();
          expect(gate().backend('127.0.0.1:8880').requests.length).toBe(before);
        } else expect(outcome).toEqual(refusal);
      },
    );
  });

  describe.runIf(suite === 'trixie' || suite === 'forky')('over HTTP/3', () => {
    const curl = parts.curl;

    it('answers those that it knows', async () => {
      const { port } = client();
      const response = answered(await http3Request({ curl, port, servername: 'api.example.com', path: '/x' }));
      expect(echoed(response).url).toBe('/x');
    });

    it.each(['unknown.example', false] as const)('refuses the name %s', async (servername) => {
      const { port } = client();
      expect(await http3Request({ curl, port, servername })).toEqual({ refused: 'handshake' });
    });

    it('refuses another Host after a known name', async () => {
      const { port } = client();
      const headers = { Host: 'unknown.example' };
      const outcome = await http3Request({ curl, port, servername: 'api.example.com', headers });
      expect(answered(outcome).status).toBe(421);
    });
  });

  describe('in clear', () => {
    it.each(strangers)('hangs up on the Host %j', async (host) => {
      const outcome = await httpRequest({ port: gate().port(80), host });
      if (host === '') expect(isRefused(outcome)).toBe(true);
      else expect(outcome).toEqual({ refused: 'closed' });
    });

    it('hangs up on the absolute target of another, and refuses a request without Host', async () => {
      const port = gate().port(80);
      const absolute = { port, path: 'http://unknown.example/', host: 'api.example.com' };
      expect(await httpRequest(absolute)).toEqual({ refused: 'closed' });
      expect(answered(await httpRequest({ port, host: false })).status).toBe(400);
    });
  });
});

describe.each(suites)('nginx of %s with a default server of its own', (suite) => {
  const gate = gateFor(suite, `version: 1\nnginx: {defaultServer: off}\n${sites}`);

  it('gets no refusing servers', async () => {
    const { port } = clientOf(gate(), 'api', 'api.example.com');
    expect(answered(await httpsRequest({ port, servername: 'unknown.example' })).status).toBe(200);
    expect(answered(await httpRequest({ port: gate().port(80), host: 'unknown.example' })).status).toBe(308);
  });
});
