import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSite } from '../../src/spec/add-site.ts';
import { SpecDocument } from '../../src/spec/document.ts';
import { loadSpec } from '../../src/spec/load.ts';

const site = { hosts: ['b.example.com'] as [string, ...string[]], upstream: 'http://127.0.0.1:8081' };
const add = (text: string) => withSite(text, 'b.example.com', site);
const entry = '  b.example.com:\n    hosts: [b.example.com]\n    upstream: "http://127.0.0.1:8081"\n';

const loaded = (text: string) => {
  const { spec, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  expect(diagnostics).toEqual([]);
  return spec;
};

describe('a site is added to a spec', () => {
  const head = 'version: 1\nsites:\n  a:\n    hosts: [a.example.com]\n    upstream: http://127.0.0.1:8080';
  it.each([
    ['at its end', `${head}\n`, entry, ''],
    ['behind the remarks of the last site', `${head} # the API\n    # more\n\n      # of it\n`, entry, ''],
    ['before what stands below', `${head}\n`, entry, '\n# Of all sites.\ndefaults:\n  bodyLimit: 1m\n'],
    ['before a site that is commented out', `${head}\n`, entry, '  # c:\n  #   hosts: [c.example.com]\n'],
    ['before the end of the document', `${head}\n`, entry, '...\n'],
    ['as far in as the others', head.replaceAll('  ', '   ').concat('\n'), entry.replaceAll('  ', '   '), ''],
    ['behind a block of lines', `${head}\n    raw: |\n      # a line\n      allow all;\n`, entry, '\nupstreams: {}\n'],
    ['behind braces', `version: 1\nsites:\n  a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1"}\n`, entry, ''],
    ['behind a list', `${head}\n    allow:\n    - 10.0.0.0/8 # us\n`, entry, '# end\n'],
    [
      'behind an empty line, as the others',
      `${head}\n\n${head.slice(18).replaceAll('a', 'c')}\n`.replace('cpi', 'a'),
      `\n${entry}`,
      '',
    ],
  ])('%s', (_, before, added, after) => {
    expect(add(`${before}${after}`)).toBe(`${before}${added}${after}`);
  });

  it('whose last line has no end', () => {
    expect(add(head)).toBe(`${head}\n${entry.slice(0, -1)}`);
  });

  it('that a machine with other line ends wrote, and a byte order mark', () => {
    const text = `\ufeff${head}\n# end\n`.replaceAll('\n', '\r\n');
    expect(add(text)).toBe(text.replace('# end', `${entry.replaceAll('\n', '\r\n')}# end`));
  });

  it('in braces, and in JSON', () => {
    const flow = 'sites: {a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1",},}\nversion: 1\n';
    const value = JSON.stringify(site);
    expect(add(flow)).toBe(flow.replace('{a:', `{"b.example.com": ${value}, a:`));
    const one = { hosts: ['a.example.com'], upstream: 'http://127.0.0.1:1' };
    for (const [indent, eol] of [
      [2, '\n'],
      [4, '\n'],
      ['\t', '\n'],
      [2, '\r\n'],
    ] as const) {
      const json = (sites: object) => JSON.stringify({ version: 1, sites }, null, indent).replaceAll('\n', eol);
      expect(add(json({ a: one }))).toBe(json({ 'b.example.com': site, a: one }));
    }
    expect(JSON.parse(add(JSON.stringify({ version: 1, sites: { a: one } })) ?? '').sites).toEqual({
      a: one,
      'b.example.com': site,
    });
  });

  it('or not at all, where more would change', () => {
    expect(add('version: 1\nsites:\n  ? a\n  : hosts: [a.example.com]\n')).toBeUndefined();
    expect(withSite(`${head}\n`, 'a', site)).toBeUndefined();
  });
});

it('whatever the spec looks like, lines are added and none is changed', () => {
  const remark = fc.constantFrom('', ' # remark', '   #');
  const line = fc.constantFrom('', '    # deep', '# shallow', '  # as a name', '  ', '      # - list: [', '\t');
  const value = fc.constantFrom(
    'upstream: http://127.0.0.1:8080',
    'upstream: "http://127.0.0.1:8080" ',
    'upstream: &no http://127.0.0.1:8080',
    'upstream:\n      http://127.0.0.1:8080',
    'routes:\n      /:\n        upstream: http://127.0.0.1:8080\n        allow:\n        - 10.0.0.1\n        - 10.0.0.2',
    'routes: {/: {respond: {status: 200, body: "}"}},\n     }',
    'raw: |\n      allow all;\n\n      # inner',
    'raw: >-\n      allow all;\n\n',
  );
  const one = fc.tuple(value, remark, fc.array(line, { maxLength: 3 }));
  const tail = fc.constantFrom('', 'defaults:\n  http2: true\n', 'upstreams: {}\n', '...\n', '---\n');
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 3 }),
      tail,
      fc.boolean(),
      fc.boolean(),
      (sites, end, windows, last) => {
        const written = sites.map(
          ([options, behind, lines], index) =>
            `  s${index}:${behind}\n    hosts: [s${index}.example.com]${behind}\n    ${options}${options.includes('|') ? '' : behind}\n${lines.map((each) => `${each}\n`).join('')}`,
        );
        const text = `version: 1\nsites:\n${written.join('')}${end}`.replaceAll('\n', windows ? '\r\n' : '\n');
        const before = last ? text : text.replace(/\r?\n$/, '');
        const after = add(before);
        const isReadable = new SpecDocument({ file: '', bytes: Buffer.from(before) }).diagnostics.length === 0;
        expect(after !== undefined).toBe(isReadable);
        if (after === undefined) return;
        const old = before.split('\n').map((each) => each.replace(/\r$/, ''));
        const rest = after.split('\n').map((each) => each.replace(/\r$/, ''));
        const at = rest.indexOf('  b.example.com:');
        const isBlank = rest.length - old.length === 4 ? 1 : 0;
        rest.splice(at - isBlank, 3 + isBlank);
        expect(rest).toEqual(old);
      },
    ),
    { numRuns: 300 },
  );
});

it('and the sites are all there', () => {
  const text = 'version: 1\nsites:\n  a:\n    hosts: [a.example.com]\n    upstream: http://127.0.0.1:8080\n';
  expect(loaded(add(text) ?? '')?.sites).toEqual({ ...loaded(text)?.sites, 'b.example.com': site });
});
