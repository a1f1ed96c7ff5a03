import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reaches } from '../../src/diagnostic.ts';
import { lint } from '../../src/lint/index.ts';
import { resolve } from '../../src/model/resolve.ts';
import { render } from '../../src/render/render.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { targets } from '../targets.ts';

const examples = readdirSync('examples').filter((name) => name.endsWith('.yaml'));

// A changed golden file is read and approved by a person: npx vitest run test/golden --update
describe.each(examples)('examples/%s', (example) => {
  it.each(Object.entries(targets))('for %s', async (name, target) => {
    const { spec, places, diagnostics } = loadSpec([{ file: example, bytes: readFileSync(`examples/${example}`) }]);
    expect(diagnostics).toEqual([]);
    if (!spec) return;
    const resolved = resolve(spec, places, { target, layout: 'debian', allowRaw: false });
    expect(resolved.diagnostics).toEqual([]);
    const found = lint(spec, places, resolved, target);
    expect(found.diagnostics.filter(({ severity }) => reaches([{ ...blank, severity }], 'warning'))).toEqual([]);
    const { files, links } = render(resolved.model, target);
    const text = [
      ...files.map((file) => `# ---- ${file.path} ----\n${file.text}`),
      ...links.map(({ path, to }) => `# ---- ${path} -> ${to} ----\n`),
    ].join('\n');
    await expect(text).toMatchFileSnapshot(`${example.replace('.yaml', '')}/${name}.conf`);
  });
});

const blank = { code: '', message: '' };

it('every example has its golden files, and every golden folder its example', () => {
  const folders = readdirSync('test/golden', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => `${name}.yaml`).sort()).toEqual([...examples].sort());
});
