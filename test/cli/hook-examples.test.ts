/** The hooks of examples/, with a real CA behind them and a stand-in for the API that they talk to. */
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parts } from '../parts.ts';
import { type Pebble, startPebble } from '../pebble.ts';
import { Workplace } from './workplace.ts';

const timeout = 240_000;
const place = new Workplace();
let pebble: Pebble;
beforeAll(async () => {
  pebble = await startPebble();
}, timeout);
afterAll(() => pebble?.stop());

it('every hook of the examples has a test: here, or with the examples of Domino', () => {
  expect(readdirSync('examples/hooks')).toEqual(['acme-dns', 'domino-reload']);
});

it(
  'acme-dns: a wildcard through a CNAME record',
  async () => {
    const asked: { user: unknown; subdomain: string }[] = [];
    const api = createServer(async (request, response) => {
      const { subdomain, txt } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      asked.push({ user: request.headers['x-api-user'], subdomain });
      await pebble.setTxt(`${subdomain}.auth.example.net`, txt);
      response.end(JSON.stringify({ txt }));
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = api.address() as AddressInfo;
      const script = readFileSync('examples/hooks/acme-dns', 'utf8');
      // The curl of the tests: a machine that runs them need not have one.
      const hook = place.write('hooks/acme-dns', script.replace(/^curl /m, `'${parts.curl}' `), 0o755);
      const account = `url = "http://127.0.0.1:${port}/update"\nheader = "X-Api-User: me"\nheader = "X-Api-Key: secret"\n`;
      place.write('hooks/acme-dns.curl', account, 0o600);
      for (const folder of [place.folder, join(place.folder, 'hooks')]) chmodSync(folder, 0o755);
      await pebble.setCname('_acme-challenge.tenants.example.com', 'b3c1.auth.example.net');
      const { exitCode, stdout, stderr } = await place.keepgate(
        [
          ...['cert', 'issue', '--host', '*.tenants.example.com', '--dns-exec', hook, '--resolver', pebble.dns],
          ...['--directory', pebble.directory, '--ca-file', pebble.caFile, '--agree-tos', '--store', 'store'],
          ...['--no-reload', '--format', 'json'],
        ],
        { timeout },
      );
      expect(stderr).toBe('');
      expect(JSON.parse(stdout).certificates).toMatchObject([{ name: '_.tenants.example.com', result: 'issued' }]);
      expect(exitCode).toBe(0);
      expect(asked).toEqual([{ user: 'me', subdomain: 'b3c1' }]);
    } finally {
      api.close();
    }
  },
  timeout,
);
