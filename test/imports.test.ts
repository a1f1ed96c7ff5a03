import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Each import by the rules of biome.json: allowed or refused, in the file that it would stand in. */
const cases: readonly (readonly [file: string, verdict: 'allowed' | 'refused', code: string])[] = [
  ['src/spec/a.ts', 'refused', "import { site } from '../model/site.ts';"],
  ['src/spec/presets/b.ts', 'refused', "import { site } from '../../model/site.ts';"],
  ['src/spec/presets/c.ts', 'allowed', "import { site } from '../load.ts';"],
  ['src/model/a.ts', 'refused', "import { site } from '../nginx/binary.ts';"],
  ['src/model/b.ts', 'refused', "import type { site } from '../nginx/binary.ts';"],
  ['src/model/c.ts', 'refused', "const site = () => import('../nginx/binary.ts');"],
  ['src/model/d.ts', 'refused', "import { readFile as site } from 'node:fs';"],
  ['src/model/e.ts', 'refused', "import { readFile as site } from 'node:fs/promises';"],
  ['src/model/f.ts', 'refused', "import { execFile as site } from 'node:child_process';"],
  ['src/model/g.ts', 'refused', "import { connect as site } from 'node:net';"],
  ['src/model/h.ts', 'refused', "import site from 'node:process';"],
  ['src/model/i.ts', 'refused', 'const site = process.env.HOME;'],
  ['src/model/j.ts', 'refused', 'const site = process.cwd();'],
  ['src/model/k.ts', 'refused', "import { readFile as site } from 'fs';"],
  ['src/model/l.ts', 'allowed', "import { isIP as site } from 'node:net';"],
  ['src/model/m.ts', 'allowed', "import { createHash as site } from 'node:crypto';"],
  ['src/model/n.ts', 'allowed', "import { site } from '../spec/types.gen.ts';"],
  ['src/model/o.ts', 'allowed', "import { site } from '../diagnostic.ts';"],
  ['src/model/p.ts', 'refused', "import { site } from '../render/render.ts';"],
  ['src/model/q.ts', 'refused', "import { site } from 'execa';"],
  ['src/render/a.ts', 'allowed', "import { site } from '../model/site.ts';"],
  ['src/render/b.ts', 'refused', "import { site } from '../lint/rule.ts';"],
  ['src/lint/rules/a.ts', 'refused', "export { site } from '../../cli/report.ts';"],
  ['src/lint/rules/b.ts', 'refused', "import { site } from '../../render/render.ts';"],
  ['src/lint/rules/c.ts', 'allowed', "import { site } from '../../model/site.ts';"],
  ['src/deploy/plan.ts', 'refused', "import { site } from '../nginx/binary.ts';"],
  ['src/deploy/apply.ts', 'allowed', "import { site } from '../nginx/binary.ts';"],
  ['src/lint/rules/d.ts', 'refused', "import { site } from '../../check/check.ts';"],
  ['src/nginx/a.ts', 'refused', "import { site } from '../cli/report.ts';"],
  ['src/nginx/b.ts', 'allowed', "import { site } from '../model/site.ts';"],
  ['src/nginx/c.ts', 'allowed', "import { readFile as site } from 'node:fs/promises';"],
  ['src/domino/a.ts', 'allowed', "import { site } from '../certs/chain.ts';"],
  ['src/domino/b.ts', 'refused', "import { site } from '../cli/report.ts';"],
  ['src/model/r.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/spec/d.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/deploy/plan-b.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/domino/doctor/a.ts', 'allowed', "import { site } from '../../../spec/address.ts';"],
  ['src/domino/doctor/b.ts', 'allowed', "import { connect as site } from 'node:net';"],
  ['src/domino/doctor/c.ts', 'refused', "import { site } from '../../deploy/reload.ts';"],
  ['src/domino/doctor/d.ts', 'refused', "import { site } from '../../cli/report.ts';"],
  ['src/domino/c.ts', 'refused', "import { site } from '../acme/order.ts';"],
  ['src/domino/d.ts', 'refused', "import { site } from '../nginx/binary.ts';"],
  ['src/acme/a.ts', 'allowed', "import { site } from '../certs/export/make.ts';"],
  ['src/acme/b.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/deploy/a.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/check/a.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/certs/export/a.ts', 'refused', "import { site } from '../../domino/overlay.ts';"],
  ['src/certs/a.ts', 'refused', "import { site } from '../domino/overlay.ts';"],
  ['src/index.ts', 'refused', "export { site } from './cli/program.ts';"],
  ['src/bin.ts', 'allowed', "import { site } from './cli/program.ts';"],
  ['src/cli/a.ts', 'allowed', "import { site } from '../nginx/binary.ts';"],
];

const refused = new Set<string>();
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-imports-'));
  for (const file of ['biome.json', '.gitignore']) cpSync(file, join(folder, file));
  for (const [file, , code] of cases) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${code}\n`);
  }
  const biome = resolve('node_modules/.bin/biome');
  const options = ['lint', '--reporter=json', '--max-diagnostics=none'];
  const only = ['noRestrictedImports', 'noRestrictedGlobals', 'useNodejsImportProtocol'].map(
    (rule) => `--only=style/${rule}`,
  );
  const { stdout } = await execa(biome, [...options, ...only], { cwd: folder, reject: false });
  for (const { location } of JSON.parse(stdout).diagnostics) refused.add(location.path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(cases)('%s: %s: %s', (file, verdict) => {
  expect(refused.has(file) ? 'refused' : 'allowed').toBe(verdict);
});
