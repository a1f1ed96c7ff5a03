/** Planning after an apply is empty, whatever was applied before. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ApplyOptions, apply, type Goal } from '../../src/deploy/apply.ts';
import { inInstallFolder } from '../../src/deploy/install-folder.ts';
import { readHistory } from '../../src/deploy/journal.ts';
import { isEmpty, planFolder } from '../../src/deploy/plan.ts';
import { manifestText } from '../../src/deploy/plan-manifest.ts';
import { wantedOf } from '../../src/deploy/snapshot.ts';
import { survey } from '../../src/deploy/survey.ts';
import { manifestName, type Rendered } from '../../src/render/render.ts';
import { memory } from '../memory.ts';
import { expectedTree, renderedOf, treeOf } from './rendered.ts';

const options: ApplyOptions = {
  force: false,
  dryRun: false,
  reload: true,
  start: false,
  prove: async () => [],
  missing: () => [],
  standIn: async () => undefined,
  expect: () => [],
  now: new Date('2026-01-01T00:00:00Z'),
  wait: 0,
  say: () => undefined,
};
const goal = (rendered: Rendered): Goal => ({
  by: 'apply',
  wanted: rendered,
  manifest: manifestText(rendered.manifest),
});
const installed = (folder: string) =>
  Object.fromEntries(Object.entries(treeOf(folder)).filter(([path]) => !path.startsWith('.keepgate')));

const names = ['api', 'web', 'a-b', 'x1', 'shop'];
const backend = fc.integer({ min: 1024, max: 65535 }).map((port) => `http://127.0.0.1:${port}`);
const route = fc.oneof(
  backend,
  fc.record({ upstream: backend, streaming: fc.boolean(), bodyLimit: fc.constantFrom('1m', '64m') }),
  fc.constantFrom({ respond: { status: 204 } }, { redirect: { to: 'https://other.example.com/', status: 308 } }),
);
const site = (name: string) =>
  fc.record(
    {
      hosts: fc.constantFrom([`${name}.example.com`], [`${name}.example.com`, `www.${name}.example.com`]),
      upstream: backend,
      canonicalHost: fc.constant(`${name}.example.com`),
      http2: fc.boolean(),
      routes: fc.dictionary(fc.constantFrom('/v1', '/events', '= /healthz'), route),
      tls: fc.record({
        certificate: fc.constantFrom('acme', 'self-signed'),
        hsts: fc.record({ maxAge: fc.integer({ min: 0, max: 63072000 }) }),
      }),
    },
    { requiredKeys: ['hosts', 'upstream'] },
  );
const sites = fc
  .subarray(names, { minLength: 1 })
  .chain((chosen) => fc.record(Object.fromEntries(chosen.map((name) => [name, site(name)]))));
const step = fc.record({ sites, layout: fc.constantFrom('debian' as const, 'conf.d' as const) });

it('leaves nothing to plan, and goes back to each state that there was', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const folder = mkdtempSync(join(memory(), 'keepgate-apply-'));
      const place = { folder, shown: 'nginx', instance: undefined };
      try {
        for (const below of ['conf.d', 'sites-available', 'sites-enabled']) mkdirSync(join(folder, below));
        const states = [installed(folder)];
        for (const { sites, layout } of steps) {
          const rendered = renderedOf(sites, layout);
          const { outcome, number } = await apply(place, goal(rendered), options);
          const found = await inInstallFolder(folder, (tree) => survey(tree, rendered));
          expect(isEmpty(planFolder(rendered, found))).toBe(true);
          expect(installed(folder)).toEqual(expectedTree(rendered));
          if (outcome === 'installed') expect(states.push(installed(folder))).toBe((number ?? 0) + 1);
          else expect({ outcome, tree: installed(folder) }).toEqual({ outcome: 'unchanged', tree: states.at(-1) });
          expect(await apply(place, goal(rendered), options)).toMatchObject({ outcome: 'unchanged' });
        }
        for (const { number, before } of await inInstallFolder(folder, readHistory)) {
          const bytes = before.files[manifestName]?.bytes;
          const manifest = bytes === undefined ? undefined : Buffer.from(bytes, 'base64');
          await apply(place, { by: 'rollback', wanted: wantedOf(before, [manifestName]), manifest }, options);
          expect(installed(folder)).toEqual(states[number - 1]);
        }
        expect(readdirSync(folder, { recursive: true }).filter((path) => String(path).endsWith('.tmp'))).toEqual([]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 40 },
  );
});

it('keeps ten states', async () => {
  const folder = mkdtempSync(join(memory(), 'keepgate-apply-'));
  for (let port = 8001; port <= 8013; port++)
    await apply({ folder, shown: 'nginx', instance: undefined }, goal(renderedOf({ api: port })), options);
  expect((await inInstallFolder(folder, readHistory)).map(({ number }) => number)).toEqual([
    13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
  ]);
  rmSync(folder, { recursive: true });
});
