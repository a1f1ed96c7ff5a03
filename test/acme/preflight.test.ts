import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createRawServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PreflightOptions, preflight } from '../../src/acme/preflight/preflight.ts';
import { httpStandalone } from '../../src/acme/solvers/http-standalone.ts';
import { httpWebroot } from '../../src/acme/solvers/http-webroot.ts';
import type { Solver } from '../../src/acme/solvers/solver.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { type Bind, startBind } from './bind.ts';

let bind: Bind;
let solver: Solver;
/** Where each address of the zone is on this machine. */
let ports: Record<string, number>;
const servers: Server[] = [];

const here = '192.0.2.1';
const elsewhere = '192.0.2.2';
const closed = '192.0.2.3';
const inside = '10.0.0.1';
const here6 = '2001:db8::1';

beforeAll(async () => {
  bind = await startBind(
    {
      'example.test': `
good A ${here}
good AAAA ${here6}
half A ${here}
half AAAA 2001:db8::2
wrong A ${elsewhere}
firewalled A ${closed}
inside A ${inside}
alias CNAME good
empty TXT "no address"
forbidden A ${here}
forbidden CAA 0 issue "other-ca.test"
*.below.forbidden A ${here}
wild CAA 0 issue "ca.test"
wild CAA 0 issuewild ";"
pinned CAA 0 issue "ca.test; validationmethods=dns-01; accounturi=https://ca.test/acct/1"
critical CAA 128 strange "x"
mail CAA 0 iodef "mailto:a@example.test"
permits CAA 0 issue "other-ca.test"
permits CAA 0 issue "CA.test"`,
      test: '',
    },
    { secondary: ['broken.test'] },
  );
});
afterAll(() => bind?.stop());

beforeEach(async () => {
  const [port = 0, nothing = 0] = await freePorts(2);
  solver = httpStandalone({ port });
  await solver.prepare?.([]);
  ports = { [here]: port, [here6]: port, [inside]: port, [closed]: nothing, '2001:db8::2': nothing };
});
afterEach(async () => {
  await solver.close?.();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const connectTo = (address: string, port: number) => {
  if (port !== 80) throw new Error(`port ${port}`);
  return { host: '127.0.0.1', port: ports[address] ?? 1 };
};
const look = (names: string[], given: Partial<PreflightOptions> = {}, through = solver) =>
  preflight(names, through, { resolver: bind.server, connectTo, ...given });
const brief = async (...given: Parameters<typeof look>) =>
  (await look(...given)).map(({ code, severity, message }) => `${severity} ${code}: ${message}`);

it('has nothing to say where every address shows the answer, and takes the answer away', async () => {
  const asked: string[] = [];
  const direct = solver.present;
  solver = {
    ...solver,
    present: (challenge) => {
      asked.push(challenge.token);
      return direct(challenge);
    },
  };
  expect(await brief(['good.example.test', 'alias.example.test', here, here6])).toEqual([]);
  expect(asked).toHaveLength(1);
  const response = await fetch(`http://127.0.0.1:${ports[here]}/.well-known/acme-challenge/${asked[0]}`);
  expect(response.status).toBe(404);
});

it('works through a webroot that a web server serves, and sees when it serves another', async () => {
  const root = mkdtempSync(join(tmpdir(), 'keepgate-preflight-'));
  try {
    ports[here] = await serve((request, response) => response.end(`${readFileSync(join(root, request.url ?? ''))}\n`));
    expect(await brief([here], {}, httpWebroot(root))).toEqual([]);
    expect(readdirSync(join(root, '.well-known', 'acme-challenge'))).toEqual([]);
    ports[here] = await serve((_, response) => response.writeHead(404, { server: 'Apache\u009b' }).end());
    expect(await brief([here], {}, httpWebroot(root))).toEqual([
      `error challenge-not-served: ${here} does not show the challenge: a server that calls itself Apache answered 404 at http://${here}`,
    ]);
    expect(readdirSync(join(root, '.well-known', 'acme-challenge'))).toEqual([]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

describe('names', () => {
  it('that do not exist, or have no address, are errors', async () => {
    expect(await brief(['nobody.example.test', 'empty.example.test'])).toEqual([
      'error name-unknown: nobody.example.test does not exist in the DNS',
      'error name-without-address: empty.example.test has no address: neither an A nor an AAAA record',
    ]);
  });

  it('that the resolver fails for are warnings', async () => {
    expect(await brief(['www.broken.test'])).toEqual([
      expect.stringMatching(
        /^warning name-not-resolved: www\.broken\.test could not be looked up: the resolver failed \(SERVFAIL\)/,
      ),
    ]);
  });

  it('need no address for dns-01', async () => {
    const dns: Solver = { ...solver, type: 'dns-01', present: () => Promise.reject(new Error('not asked for')) };
    expect(await brief(['nobody.example.test', '*.example.test'], { caaIdentities: ['ca.test'] }, dns)).toEqual([]);
  });
});

describe('addresses', () => {
  it('where nobody answers are warnings, each', async () => {
    expect(await brief(['half.example.test', 'firewalled.example.test'])).toEqual([
      "warning challenge-unreachable: half.example.test at 2001:db8::2 can't be reached from here on port 80: the connection was refused",
      `warning challenge-unreachable: firewalled.example.test at ${closed} can't be reached from here on port 80: the connection was refused`,
    ]);
  });

  it('where another server answers are errors, private ones warnings', async () => {
    const other = await serve((_, response) => response.end('welcome'));
    ports[elsewhere] = other;
    ports[inside] = other;
    expect(await brief(['wrong.example.test', 'inside.example.test'])).toEqual([
      `error challenge-not-served: wrong.example.test at ${elsewhere} does not show the challenge: a server gave http://wrong.example.test another answer`,
      `warning challenge-not-served: inside.example.test at ${inside} does not show the challenge: a server gave http://inside.example.test another answer`,
    ]);
  });

  it('that are private are told where the CA is on the internet', async () => {
    expect(await brief(['inside.example.test'])).toEqual([]);
    expect(await brief(['inside.example.test'], { publicCa: true })).toEqual([
      `warning address-private: inside.example.test resolves here to ${inside}, which is private`,
    ]);
    expect(await brief(['good.example.test'], { publicCa: true })).toEqual([]);
  });

  it('where something else than HTTP answers are errors', async () => {
    const raw = createRawServer((socket) => socket.end('SSH-2.0-x\r\n')).listen(0, '127.0.0.1');
    await once(raw, 'listening');
    ports[elsewhere] = (raw.address() as AddressInfo).port;
    expect(await brief(['wrong.example.test'])).toEqual([
      expect.stringMatching(/^error .* was answered with what is no HTTP/),
    ]);
    raw.close();
  });

  it('that never answer cost no more than the limit', async () => {
    ports[elsewhere] = await serve(() => {});
    expect(await brief(['wrong.example.test', 'good.example.test'], { timeLimit: 3000 })).toEqual([
      expect.stringMatching(/^warning challenge-unreachable: wrong.* there was no answer in time$/),
    ]);
  });
});

describe('redirects', () => {
  const redirectTo = async (location: string) => {
    ports[elsewhere] = await serve((request, response) =>
      response.writeHead(301, { location: location.replace('PATH', request.url ?? '') }).end(),
    );
    return brief(['wrong.example.test']);
  };

  it('are followed to another name', async () => {
    expect(await redirectTo('http://good.example.testPATH')).toEqual([]);
  });

  it.each([
    ['http://wrong.example.testPATH', 'more than 10 redirects'],
    ['http://good.example.test:8080PATH', 'a CA follows to the ports 80 and 443 alone'],
    ['ftp://good.example.testPATH', 'a CA follows http and https alone'],
    [`http://${here}PATH`, 'a CA does not follow to an address'],
    ['http://nobody.example.testPATH', 'redirects to nobody.example.test, which has no address'],
    ['http://[', 'redirects to what is no URL'],
  ])('to %s are followed as a CA does', async (location, reason) => {
    expect(await redirectTo(location)).toEqual([expect.stringContaining(reason)]);
    expect((await redirectTo(location))[0]).toMatch(/^error challenge-not-served/);
  });
});

describe('CAA', () => {
  const caa = async (name: string, given: Partial<PreflightOptions> & { method?: Solver['type'] } = {}) => {
    const { method = 'dns-01', ...rest } = given;
    const through: Solver = { ...solver, type: method };
    const findings = await brief([name], { caaIdentities: ['ca.test', 'alias-of-ca.test'], ...rest }, through);
    return findings.filter((finding) => finding.includes('caa-'));
  };

  it('of the name or the closest domain above it count', async () => {
    const forbidden =
      'error caa-forbids: the CAA records of forbidden.example.test forbid to ca.test: they permit other-ca.test alone';
    expect(await caa('forbidden.example.test')).toEqual([forbidden]);
    expect(await caa('x.below.forbidden.example.test')).toEqual([forbidden]);
    expect(await caa('permits.example.test')).toEqual([]);
    expect(await caa('mail.example.test')).toEqual([]);
    expect(await caa('good.example.test')).toEqual([]);
    expect(await caa('forbidden.example.test', { caaIdentities: [] })).toEqual([]);
    expect(await caa('forbidden.example.test', { caaIdentities: ['OTHER-ca.test'] })).toEqual([]);
  });

  it('come to one finding for many names', async () => {
    const names = ['a', 'b', 'c'].map((label) => `${label}.below.forbidden.example.test`);
    expect(await brief(names, { caaIdentities: ['ca.test'] })).toHaveLength(1);
  });

  it('have other rules for wildcards', async () => {
    expect(await caa('wild.example.test')).toEqual([]);
    expect(await caa('*.wild.example.test')).toEqual([
      'error caa-forbids: the CAA records of wild.example.test forbid wildcards to ca.test: they permit nobody',
    ]);
    expect(await caa('*.permits.example.test')).toEqual([]);
  });

  it('may insist on a way of validation and an account', async () => {
    expect(await caa('pinned.example.test', { method: 'http-01' })).toEqual([
      expect.stringContaining('they permit dns-01 alone, and this is http-01'),
    ]);
    expect(await caa('pinned.example.test')).toEqual([]);
    expect(await caa('pinned.example.test', { accountUrl: 'https://ca.test/acct/1' })).toEqual([]);
    expect(await caa('pinned.example.test', { accountUrl: 'https://ca.test/acct/2' })).toEqual([
      expect.stringContaining('they name another account'),
    ]);
  });

  it('with a critical property that nobody knows forbid', async () => {
    expect(await caa('critical.example.test')).toEqual([expect.stringContaining('the critical property "strange"')]);
  });

  it('that can not be read are a warning', async () => {
    expect(await caa('www.broken.test')).toEqual([expect.stringMatching(/^warning caa-unknown: .*SERVFAIL/)]);
  });
});
