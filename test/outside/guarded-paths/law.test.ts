/** The law: whatever routes ask, and however a path is written, a client gets nothing that a backend may take for a path which is guarded against it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../../src/model/resolve.ts';
import { inspectNginx, type NginxBinary } from '../../../src/nginx/binary.ts';
import { loadSpec } from '../../../src/spec/load.ts';
import type { SiteSpec } from '../../../src/spec/types.gen.ts';
import { startGate } from '../../../src/verify/harness.ts';
import { clientOf } from '../../e2e/gate.ts';
import { times } from '../../everything.ts';
import { nginxOf, suites } from '../../parts.ts';
import { mayHave, randomSite, randomSpelling } from './random-sites.ts';
import { readings } from './readings.ts';
import { http2Answers } from './senders.ts';

const runs = times(30, 4);
const tested = suites.filter((_, index) => runs > 10 || index === 0 || index === suites.length - 1);

describe.each(tested)('nginx of %s', (suite) => {
  it('lets nobody reach what a backend may take for a guarded path', async () => {
    const nginx = await inspectNginx(nginxOf(suite));
    const sites = fc.array(randomSite, { minLength: 12, maxLength: 12 });
    const spellings = fc.array(randomSpelling, { minLength: 60, maxLength: 60 });
    const counts = { asked: 0, reached: 0 };
    const law = fc.asyncProperty(sites, spellings, async (drawn, spell) => {
      const held = drawn.filter((site) => isHeld(site, nginx));
      const named = held.map((site, index) => ({ ...site, hosts: [`s${index}.example.com`] }));
      const { spec, places } = loaded(named);
      const gate = await startGate({ nginx, spec, places });
      try {
        for (const [index, site] of named.entries()) {
          const paths = spell.map((way) => way(site));
          const answers = await http2Answers(clientOf(gate, `s${index}`, `s${index}.example.com`), paths);
          const reached = answers.flatMap(({ body }) => /^\{.*"url":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? []);
          counts.asked += answers.length;
          counts.reached += reached.length;
          for (const text of reached) expectGuarded(site, JSON.parse(`"${text}"`));
        }
      } finally {
        await gate.stop();
      }
    });
    const { failed, seed, errorInstance } = await fc.check(law, { numRuns: runs, endOnFailure: true });
    if (failed) throw new Error(`with seed ${seed}`, { cause: errorInstance });
    expect(counts.reached).toBeGreaterThan(counts.asked / 50);
  }, 600_000);
});

function loaded(sites: readonly SiteSpec[]) {
  const text = JSON.stringify({
    version: 1,
    sites: Object.fromEntries(sites.map((site, index) => [`s${index}`, site])),
  });
  const { spec, places, diagnostics } = loadSpec([{ file: 'keepgate.json', bytes: Buffer.from(text) }]);
  if (!spec || diagnostics.length > 0) throw new Error(JSON.stringify(diagnostics));
  return { spec, places };
}

/** Whether keepgate takes the site. */
function isHeld(site: Omit<SiteSpec, 'hosts'>, { target }: NginxBinary): boolean {
  const { spec, places } = loaded([{ ...site, hosts: ['x.example.com'] }]);
  const { diagnostics } = resolve(spec, places, { target, layout: 'conf.d', allowRaw: false });
  return diagnostics.length === 0;
}

function expectGuarded(site: SiteSpec, url: string): void {
  for (const [how, read] of Object.entries(readings))
    if (!mayHave(site, read(url)))
      throw new Error(
        `the backend was asked for ${url}, and may read it as ${read(url)} (${how}): ${JSON.stringify(site)}`,
      );
}
