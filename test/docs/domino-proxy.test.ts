/** The ways of the guide with nginx in front, command by command on a machine of its own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { snapshot } from '../domino/data-folder.ts';
import { follow, removeServers } from './domino-server.ts';
import { ways } from './ways.ts';

const timeout = 300_000;
afterEach(removeServers);

const served = (issuer: unknown) => ({ issuer, names: 'DNS:domino.example.com', body: 'from the API' });
const overlay = (data: string) => JSON.parse(readFileSync(join(data, 'keepconfig.d/keepgate-proxy.json'), 'utf8'));
const CORS = { '^https://domino\\.example\\.com$': true };

it(
  "Let's Encrypt, what helps when something fails, and back",
  async () => {
    const { ended, said, looks, data, stdout } = await follow(ways.proxy);
    expect(ended, said).toBe(true);
    // on the server, from outside, and in the page for failures
    expect(looks).toMatchObject([1, 2, 3].map(() => served(expect.stringContaining('Pebble'))));
    expect(overlay(data('done'))).toEqual({ HOST: '127.0.0.1', bodyHandler: { bodyLimit: 134_217_728 }, CORS });
    expect(stdout).toContain('the trial went through');
    expect(snapshot(data('end'))).toEqual(snapshot(data('plain')));
  },
  timeout,
);

it(
  'a request to the IT department, its answer, the next one, and back',
  async () => {
    const { ended, said, looks, data } = await follow(ways.proxyRequest);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served('IT department'), served('IT department')]);
    expect(looks[0]?.fingerprint256).not.toBe(looks[1]?.fingerprint256);
    expect(overlay(data('done'))).toMatchObject({ HOST: '127.0.0.1', CORS });
    const { 'keepconfig.d/limit.json': _, ...rest } = snapshot(data('end'));
    expect(rest).toEqual(snapshot(data('plain')));
  },
  timeout,
);

it(
  'a PFX of the IT department, and the example proxy-own-certificate.sh',
  async () => {
    const { ended, said, looks } = await follow(ways.proxyPfx);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served('IT department')]);
  },
  timeout,
);

it(
  'the example proxy-in-front.sh, twice',
  async () => {
    const { ended, said, looks, data } = await follow(ways.proxyExample);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([1, 2].map(() => served(expect.stringContaining('Pebble'))));
    expect(looks[1]).toEqual(looks[0]);
    expect(overlay(data('done'))).toMatchObject({ HOST: '127.0.0.1', CORS });
  },
  timeout,
);
