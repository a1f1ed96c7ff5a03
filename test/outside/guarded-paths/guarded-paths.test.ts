/** Real backends behind the real nginx: no spelling of a guarded path gets to its handler. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { throwawayFolder } from '../../../src/verify/throwaway.ts';
import { clientOf, gateFor } from '../../e2e/gate.ts';
import { times } from '../../everything.ts';
import { parts, suites } from '../../parts.ts';
import { http3Request } from '../../wire/http3.ts';
import { answered } from '../../wire/message.ts';
import { type Backend, backends } from './backends.ts';
import { type Answer, http1Answers, http2Answers } from './senders.ts';
import { admitting, oneSpelling, type Shape, shapesWith } from './shapes.ts';
import { childSpellings, guardedSpellings } from './spellings.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());
const userFile = join(folder.path, 'users');
writeFileSync(userFile, `user:{SHA}${createHash('sha1').update('secret').digest('base64')}\n`);

type BackendName = keyof typeof backends;
const names = Object.keys(backends) as BackendName[];
const started = new Map<BackendName, Backend>();
beforeAll(async () => {
  await Promise.all(names.map(async (name) => started.set(name, await backends[name]())));
}, 180_000);
afterAll(async () => {
  await Promise.all(Array.from(started.values(), (backend) => backend.stop()));
});

const shapes = shapesWith(userFile);
const portOf = (name: BackendName): number => 8100 + names.indexOf(name);
const sites = names.flatMap((name) =>
  [
    ...Object.entries(shapes).map(([shape, { options }]) => [shape, options] as const),
    ['plain', oneSpelling] as const,
    ['admitting', admitting] as const,
  ].map(([shape, options]) => {
    const site = `${shape}-${name}`;
    const text = options
      .replaceAll('URL', `http://127.0.0.1:${portOf(name)}`)
      .replaceAll('PORT', String(portOf(name)))
      .replaceAll('SITE', site);
    return `  ${site}:\n    hosts: [${site}.example.com]\n    ${text}\n`;
  }),
);
const overHttp3 = `  http3:
    hosts: [http3.example.com]
    http3: true
    ${shapes.child?.options.replaceAll('URL', `http://127.0.0.1:${portOf('fastify-lenient')}`)}
`;
const spec = `version: 1\nsites:\n${sites.join('')}${overHttp3}`;
const realBackends = () => new Map(names.map((name) => [`127.0.0.1:${portOf(name)}`, started.get(name)?.port ?? 0]));

const spellings = [...guardedSpellings, ...childSpellings];
const handlerOf = (body = ''): string => /^handler:(\w+)/.exec(body)?.[1] ?? '';
const through = (answers: readonly Answer[], closed: readonly string[]) =>
  spellings.filter((_, index) => closed.includes(handlerOf(answers[index]?.body)));

/** In HTTP/1.1 the host of such a target goes before the header; some nginx take it for none of ours, and close the connection. */
const ofAnotherHost = spellings.filter((path) => path.startsWith('http://x/'));

type Ask = (client: ReturnType<typeof clientOf>, paths: readonly string[]) => Promise<Answer[]>;

/**
 * Asks for every spelling of what a shape keeps closed, and for what it leaves open: to refuse everything is no guard. `mayClose`: the
 * spellings at which nginx may close the connection; at any other it has to answer.
 */
async function expectGuarded(
  ask: Ask,
  client: ReturnType<typeof clientOf>,
  { closed, open }: Shape,
  mayClose: readonly string[] = [],
): Promise<void> {
  const answers = await ask(client, spellings);
  expect(through(answers, closed)).toEqual([]);
  const unanswered = spellings.filter((_, index) => answers[index]?.status === 0);
  expect(unanswered.filter((spelling) => !mayClose.includes(spelling))).toEqual([]);
  const reached = await ask(client, Object.keys(open));
  expect(
    Object.keys(open).map((path, index) => [path, reached[index]?.status, handlerOf(reached[index]?.body)]),
  ).toEqual(Object.entries(open).map(([path, handler]) => [path, 200, handler]));
}

const everyShape = Object.entries(shapes);
const everywhere = times(1, 0) === 1;
/** The most lenient ones, of which each is lenient in its own way. */
const lenient: readonly BackendName[] = ['express5', 'fastify-lenient', 'node', 'tomcat'];
const tested = suites.filter((_, index) => everywhere || index === 0 || index === suites.length - 1);

describe.each(tested)('nginx of %s', (suite) => {
  const gate = gateFor(suite, spec, { allowRaw: true }, realBackends);
  const client = (site: string) => clientOf(gate(), site, `${site}.example.com`);

  it.runIf(suite === 'forky')('guards over HTTP/3 as well', async () => {
    const options = { curl: parts.curl, port: gate().port(443), servername: 'http3.example.com' };
    const ask = async (path: string) => answered(await http3Request({ ...options, path }));
    expect(handlerOf((await ask('/')).body.toString())).toBe('root');
    for (const path of ['/INTERNAL', '/internal%20', '/internal.json'])
      expect((await ask(path)).status, path).toBe(403);
    for (const path of ['/internal;x', '/internal/../x', '//x/internal', '/x%5c..%5cinternal'])
      expect((await ask(path)).status, path).toBe(400);
  });

  describe.each(names)('before %s', (name) => {
    const all = everywhere || lenient.includes(name);

    it.each(all ? everyShape : everyShape.slice(0, 3))('guards every spelling: %s', async (site, shape) => {
      await expectGuarded(http2Answers, client(`${site}-${name}`), shape);
    });

    it.each(everywhere ? everyShape : everyShape.slice(0, 1))('and over HTTP/1.1: %s', async (site, shape) => {
      await expectGuarded(http1Answers, client(`${site}-${name}`), shape, ofAnotherHost);
    });

    it('would be open if a guard held for one spelling alone', async () => {
      const answers = await http1Answers(client(`plain-${name}`), spellings);
      const leaks = through(answers, ['internal', 'metrics']);
      expect(leaks).toEqual(expect.arrayContaining([...knownLeaks[name]]));
      const overHttp2 = await http2Answers(client(`plain-${name}`), spellings);
      expect(through(overHttp2, ['internal', 'metrics'])).toEqual(expect.arrayContaining([...knownLeaks[name]]));
    });

    it('lets pass whom it should', async () => {
      const expected = Object.entries({
        '/': 'root',
        '/internal/': 'internal',
        '/internal/stats?a=;b': 'internal',
        '/internal/public/': 'public',
        '/internal/public/stats': 'public',
        '/health/': 'health',
        '/x%20y': 'root',
        '/a//b..c/.d': 'root',
        '/x?/../y;z%5c%00': 'root',
      });
      const answers = await http1Answers(
        client(`admitting-${name}`),
        expected.map(([path]) => path),
      );
      expect(expected.map(([path], index) => [path, handlerOf(answers[index]?.body)])).toEqual(expected);
    });
  });
});

/** Some of the spellings that get through on each backend. */
const anyCase = ['/INTERNAL', '/Internal/stats', '/Metrics'];
const unresolved = ['/internal/..', '/internal/../x', '/internal/..%2fx', '/internal/%2e%2e/x'];
const knownLeaks: Readonly<Record<BackendName, readonly string[]>> = {
  express4: [...anyCase, ...unresolved],
  express5: [...anyCase, ...unresolved],
  koa: [...anyCase, ...unresolved],
  fastify: unresolved,
  'fastify-lenient': [...anyCase, ...unresolved, '/internal;x', '/metrics;a=b'],
  node: ['//x/internal', '/internal\\stats', '/x\\..\\internal', '/internal/..%2fx'],
  tomcat: [
    '/;x=%2fz/internal',
    '/internal;x',
    '/internal;x/stats',
    '/;/internal',
    '/x/..;/internal',
    '/metrics;a=b',
    '/a/..;/metrics',
  ],
  apache: ['/internal.json'],
};

describe('examples/two-apis.yaml', () => {
  const example = readFileSync('examples/two-apis.yaml', 'utf8');
  describe.each(['express5', 'tomcat'] as const)('before %s', (name) => {
    const servers = () =>
      new Map([8081, 8082, 8083].map((port) => [`127.0.0.1:${port}`, started.get(name)?.port ?? 0]));
    const gate = gateFor(suites.at(-1) ?? 'forky', example, {}, servers);

    it('keeps /internal from strangers in every spelling', async () => {
      const client = clientOf(gate(), 'orders', 'orders.example.com');
      const answers = await http2Answers(client, ['/', ...spellings]);
      expect(handlerOf(answers[0]?.body)).toBe('root');
      expect(through(answers.slice(1), ['internal', 'public'])).toEqual([]);
    });
  });
});
