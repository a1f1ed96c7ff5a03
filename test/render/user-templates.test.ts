import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeepgateError } from '../../src/diagnostic.ts';
import { engine } from '../../src/render/engine.ts';
import { TemplateError } from '../../src/render/precompile.ts';
import { templates as shipped } from '../../src/render/templates.gen.js';
import { overlayTemplates } from '../../src/render/user-templates.ts';
import { forbiddenCharacter } from '../../src/spec/characters.ts';
import { parseNginx } from '../lexer/nginx-lexer.ts';
import { compiled } from './compiled.ts';

describe("a user's templates", () => {
  it('replace the shipped ones of the same name, and no others', () => {
    const templates = overlayTemplates({
      'partials/access.hbs': 'deny {{name}};\n{{> mine}}\n',
      'partials/mine.hbs': '',
    });
    expect(Object.keys(templates)).toEqual([...Object.keys(shipped), 'partials/mine.hbs']);
    for (const name of Object.keys(shipped))
      expect(templates[name] === shipped[name as keyof typeof shipped]).toBe(name !== 'partials/access.hbs');
    expect(engine(templates)('partials/access.hbs', { name: 'a b' })).toBe('deny "a b";\n');
  });

  it('have names that something uses', () => {
    const overlay = (sources: Record<string, string>) => () => overlayTemplates(sources);
    expect(overlay({ 'sites.conf.hbs': '' })).toThrow(
      'sites.conf.hbs is not a template of keepgate; did you mean "site',
    );
    expect(overlay({ 'partials/../x.hbs': '' })).toThrow('is not a template of keepgate');
    expect(overlay({ 'partials/mine.hbs': '' })).toThrow('partials/mine.hbs is included by no template');
    expect(overlay({ 'site.conf.hbs': '{{> mine}}' })).toThrow(
      'partials/mine.hbs is missing; site.conf.hbs includes it',
    );
  });

  it('are refused with their place when a value could escape', () => {
    const overlay = () => overlayTemplates({ 'site.conf.hbs': 'a;\nb {{{name}}};\n' });
    expect(overlay).toThrow(KeepgateError);
    expect(overlay).toThrow(/^site\.conf\.hbs:2:3: raw mustaches/);
    try {
      overlay();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 1, diagnostic: { code: 'template-refused', severity: 'error' } });
    }
  });
});

/** What templates are made of, well-formed and ill-formed. */
const piece = fc.constantFrom(
  ...[
    'a',
    ' ',
    '\n',
    ';',
    ' { ',
    '\n}',
    '"',
    "'",
    '#',
    '\\',
    '$',
    ';\n',
    ' ',
    '\n',
    ';',
    'a b;',
    '# a\n',
    '{{~x~}}',
    '{{{x}}}',
  ],
  ...[
    '{{x}}',
    '{{y}}',
    ' {{x}}',
    '{{x}} ',
    '{{x}};',
    'a {{x}} {{y}};',
    ' {{this}}',
    '{{this}}',
    '{{> p}}',
    '{{&x}}',
    '{{no}}',
  ],
);
const filled = fc
  .tuple(fc.constantFrom('if x', 'if no', 'each list', 'unless no', 'with x'), fc.array(piece, { maxLength: 3 }))
  .map(([head, inner]) => `{{#${head}}}${inner.join('')}{{/${head.split(' ', 1)[0]}}}`);
const nested = filled.map((block) => `{{#each list}}${block} {{this}}{{/each}}`);
const one = fc.oneof({ weight: 3, arbitrary: piece }, { weight: 2, arbitrary: filled }, nested);
const template = fc.array(one, { minLength: 1, maxLength: 4 });
const hostile = fc.string({ unit: fc.constantFrom(...'ab$;{}"\'#\\ ~'), minLength: 1, maxLength: 5 });

it('law: whatever a template looks like, it is refused, or its values are whole tokens', () => {
  let accepted = 0;
  const law = fc.property(template, hostile, hostile, (pieces, x, y) => {
    fc.pre(forbiddenCharacter(x + y) === undefined);
    const source = `z {{x}};\n${pieces.join('')}`;
    let render: (x: string, y: string) => string[][] | undefined;
    try {
      const run = engine(compiled({ 'site.conf.hbs': source, 'partials/p.hbs': 'p {{x}};\n' }));
      render = (first, second) =>
        tokensOf(run('site.conf.hbs', { x: first, y: second, no: false, list: [first, second] }));
    } catch (error) {
      if (error instanceof TemplateError) return;
      throw error;
    }
    let plain: string[][] | undefined;
    let attacked: string[][] | undefined;
    try {
      plain = render('MARKER-X', 'MARKER-Y');
      attacked = render(x, y);
    } catch (error) {
      if (error instanceof TypeError && /does not have|shows a/.test(error.message)) return;
      throw error;
    }
    accepted++;
    const expected = plain?.map((words) =>
      words.map((word) => (word === 'MARKER-X' ? x : word === 'MARKER-Y' ? y : word)),
    );
    expect(attacked, source).toEqual(expected);
  });
  fc.assert(law, { numRuns: 2500 });
  expect(accepted).toBeGreaterThan(150);
});

function tokensOf(text: string): string[][] | undefined {
  try {
    const all: string[][] = [];
    const walk = (directives: ReturnType<typeof parseNginx>): void => {
      for (const { tokens, block } of directives) {
        all.push(tokens.map((token) => token.text));
        if (block) walk([...block]);
        all.push([block ? '}' : ';']);
      }
    };
    walk(parseNginx(text));
    return all;
  } catch {
    return undefined; // the template's own text is broken, in the same way whatever the values are
  }
}
