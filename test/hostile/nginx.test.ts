import { beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { checkWithNginx } from '../../src/check/check.ts';
import { resolve } from '../../src/model/resolve.ts';
import { inspectNginx } from '../../src/nginx/binary.ts';
import { render } from '../../src/render/render.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { nginxOf, suites } from '../parts.ts';
import { type Accepted, acceptedValues } from './accepted.ts';

const seed = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31);
const wanted = 500;
const atOnce = 125;

let accepted: Accepted[] = [];
beforeAll(() => {
  accepted = acceptedValues(wanted, seed);
  const formats = [...new Set(accepted.map(({ field }) => field.format))];
  console.info(`${accepted.length} hostile values of ${formats.length} formats; HOSTILE_SEED=${seed}`);
}, 240_000);

describe.each(suites)('the nginx of Debian %s', (suite) => {
  it('has no word to say about 500 hostile values', async () => {
    expect(accepted).toHaveLength(wanted);
    const nginx = await inspectNginx(nginxOf(suite));
    const standIn = selfSigned([]);
    for (let from = 0; from < wanted; from += atOnce) {
      const batch = accepted.slice(from, from + atOnce);
      const sources = batch.map(({ text }, index) => ({ file: `${from + index}.yaml`, bytes: Buffer.from(text) }));
      const { spec, places, diagnostics } = loadSpec(sources);
      expect(diagnostics).toEqual([]);
      if (spec === undefined) throw new Error('no spec');
      const resolved = resolve(spec, places, { target: nginx.target, layout: 'debian', allowRaw: false });
      expect(resolved.diagnostics).toEqual([]);
      const rendered = render(resolved.model, nginx.target);
      const options = { standIn, raw: false, live: undefined, sandbox: 'bwrap' } as const;
      const verdict = await checkWithNginx(nginx, rendered, resolved, places, options);
      const said = verdict.diagnostics.map(({ message, at }) => {
        const { field, value } = batch[Number.parseInt(at?.file ?? '', 10) - from] ?? {};
        return `${message} (${field?.path} of ${field?.sample}: ${JSON.stringify(value)})`;
      });
      expect(said).toEqual([]);
      expect(verdict.obstacle).toBeUndefined();
      expect(verdict.outcome).toBe('passed');
    }
  });
});
