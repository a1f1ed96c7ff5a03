import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { formatProblem } from '../../src/spec/formats.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { startGate } from '../../src/verify/harness.ts';
import { nginxOf, suites } from '../parts.ts';
import { httpsRequest } from '../wire/https.ts';
import { answered } from '../wire/message.ts';
import { crafted } from './crafted.ts';
import { hostileValues } from './values.ts';

const seed = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31);

/** Hostile values that a format takes, the crafted ones first. */
function taken(format: string, count: number): string[] {
  const more = fc.sample(hostileValues(format, 'a value'), { seed, numRuns: 60 * count });
  const values = [...new Set([...crafted.slice(0, 90), ...more])].filter(
    (value) => formatProblem(format, value) === undefined,
  );
  expect(values.length).toBeGreaterThanOrEqual(count);
  return values.slice(0, count);
}

const values = taken('header-value', 100);
const bodies = taken('text', 100);
const realms = taken('realm', 100);
const targets = taken('redirect-target', 100);

const spec = {
  version: 1,
  sites: {
    echo: {
      hosts: ['echo.example'],
      routes: Object.fromEntries(
        values.flatMap((value, index) => [
          [`= /answer-${index}`, { respond: { body: bodies[index] }, headers: { response: { 'X-Value': value } } }],
          [`= /asked-${index}`, { respond: {}, basicAuth: { userFile: '/etc/nginx/none', realm: realms[index] } }],
          [`= /moved-${index}`, { redirect: { to: targets[index] } }],
          [`= /passed-${index}`, { upstream: 'http://127.0.0.1:8080', headers: { request: { 'X-Value': value } } }],
        ]),
      ),
    },
  },
};

describe.each(suites)('what arrives through the nginx of Debian %s', (suite) => {
  it('is what the spec says, byte for byte', async () => {
    const bytes = Buffer.from(JSON.stringify(spec, null, 1));
    const { spec: loaded, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes }]);
    expect(diagnostics).toEqual([]);
    if (loaded === undefined) throw new Error('no spec');
    const gate = await startGate({ nginx: await inspectNginx(nginxOf(suite)), spec: loaded, places, workers: 1 });
    try {
      const tls = {
        port: gate.port(443),
        servername: 'echo.example',
        ca: gate.certificates.get('echo')?.certificate ?? '',
      };
      const get = async (path: string) => answered(await httpsRequest({ ...tls, path }));
      const header = (raw: readonly (readonly [string, string])[], name: string) =>
        raw.filter(([key]) => key.toLowerCase() === name).map(([, value]) => Buffer.from(value, 'latin1').toString());
      for (const [index, value] of values.entries()) {
        const onTheWire = value.replace(/^[ \t]+|[ \t]+$/g, '');
        const none = value === '' ? [] : [onTheWire]; // an empty header is not sent
        const answer = await get(`/answer-${index}`);
        expect(answer.body.toString()).toBe(bodies[index]);
        expect(header(answer.rawHeaders, 'x-value')).toEqual(none);
        const [challenge = ''] = header((await get(`/asked-${index}`)).rawHeaders, 'www-authenticate');
        const realm = /^Basic realm="(.*)"$/s.exec(challenge)?.[1]?.replace(/\\(.)/gsu, '$1');
        expect(realm).toBe(realms[index]);
        const moved = await get(`/moved-${index}`);
        const target = targets[index] ?? '';
        const origin = target.startsWith('/') ? `https://echo.example:${tls.port}` : '';
        expect(header(moved.rawHeaders, 'location')).toEqual([origin + target]);
        await get(`/passed-${index}`);
        const passed = gate.backend('127.0.0.1:8080').requests.at(-1);
        expect(header(passed?.headers ?? [], 'x-value')).toEqual(none);
      }
    } finally {
      await gate.stop();
    }
  });
});
