import { describe, expect, it } from 'vitest';
import { precompile, safeAst, TemplateError } from '../../src/render/precompile.ts';

const problem = (source: string): string => {
  try {
    safeAst('site.conf.hbs', source);
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('refused, with the place', () => {
  it.each([
    ['a {{{x}}};', '1:3: raw mustaches'],
    ['a {{&x}};', '1:3: raw mustaches'],
    ['\n\n  a {{{ x }}};', '3:5: raw mustaches'],
    ['a {{quote x}};', '1:3: helpers are refused'],
    ['a {{x y=1}};', '1:3: helpers are refused'],
    ['a {{lookup x y}};', '1:3: helpers are refused'],
    ['a {{"x"}};', '1:5: only names of the view'],
    ['a {{1}};', '1:5: only names of the view'],
    ['a x{{x}};', '1:4: {{x}} is glued to what precedes it'],
    ['a {{x}}{{y}};', '1:8: {{y}} is glued'],
    ['a "{{x}}";', '1:4: {{x}} is glued'],
    ["a '{{x}}';", '1:4: {{x}} is glued'],
    ['a "b" {{x}}"c";', '1:12: text follows a value'],
    ['a {{x}}b;', '1:8: text follows a value'],
    ['a {{x}}\u00a0b;', '1:8: text follows a value'],
    ['a {{x}}{ }', '1:8: text follows a value'],
    ['a {{x}}\\}', '1:8: text follows a value'],
    ['a {{x}}}', "Parse error on line 1: Expecting 'CLOSE'"],
    ['a\u00a0{{x}};', '1:3: {{x}} is glued'],
    ['a b}{{x}};', '1:5: {{x}} is glued'],
    ['a \\\\{{x}};', '1:5: {{x}} is glued'],
    ['{{#if x}}a {{/if}}{{y}}"b";', '1:24: text follows a value'],
    ['a{{#if x}} {{/if}}{{y}};', '1:19: {{y}} is glued'],
    ['# a{{#if x}}\n{{/if}}{{y}}\n;', '2:8: {{y}} is glued'],
    ['a {{#each x}}{{this}}{{/each}};', '1:14: {{this}} is glued'],
    ['a {{#each x}}{{#if y}} {{/if}}{{this}}{{/each}};', '1:31: {{this}} is glued'],
    ['a {{#each x}}{{#each y}}{{this}} {{/each}}b{{/each}}', '1:25: {{this}} is glued'],
    ['a {{#each x}}b {{this}}{{/each}};', '1:14: text follows a value'],
    ['a {{#each x}}{{#if y}}{{z}}{{else}} {{/if}}{{/each}};', '1:23: {{z}} is glued'],
    ['{{helper x}}', '1:1: helpers are refused'],
    ['{{#helper x}}a;{{/helper}}', '1:1: {{#helper}} is refused'],
    ['{{#x}}a;{{/x}}', '1:1: {{#x}} is refused'],
    ['{{^x}}a;{{/x}}', '1:1: {{#x}} is refused'],
    ['{{#if}}a;{{/if}}', '1:1: {{#if}} is refused'],
    ['{{#if x y}}a;{{/if}}', '1:1: {{#if}} is refused'],
    ['{{#if x includeZero=true}}a;{{/if}}', '1:1: {{#if}} is refused'],
    ['{{#if (x y)}}a;{{/if}}', '1:7: only names of the view'],
    ['{{#each "x"}}a;{{/each}}', '1:9: only names of the view'],
    ['{{> (x)}}', '1:1: a partial is named'],
    ['{{> "x"}}', '1:1: a partial is named'],
    ['{{> x y=1}}', '1:1: a partial takes one value'],
    ['{{> x y z}}', '1:1: a partial takes one value'],
    ['{{> x "y"}}', '1:7: only names of the view'],
    ['a {{> x}}{{y}}z;', '1:15: text follows a value'],
    ['a{{> x}};', '1:2: a partial begins where'],
    ['# {{> x}}', '1:3: a partial begins where'],
    ['{{#> x}}a;{{/x}}', '1:1: PartialBlockStatement has no place'],
    ['{{#*inline "x"}}a;{{/inline}}', '1:1: DecoratorBlock has no place'],
    ['{{* x}}', '1:1: Decorator has no place'],
    ['{{{{x}}}} {{{{/x}}}}', '1:1: {{#x}} is refused'],
    ['a', 'it does not end where a directive may begin'],
    ['a {{x}}', 'it does not end where a directive may begin'],
    ['# a', 'it does not end where a directive may begin'],
    ['a "b', 'it does not end where a directive may begin'],
    ['a;{{#if x}} "{{/if}}', 'it does not end where a directive may begin'],
    ['{{#if x}}', 'Parse error on line 1'],
  ])('%j: %s', (source, message) =>
    expect(problem(source)).toContain(`site.conf.hbs:${/^\d/.test(message) ? message : ` ${message}`}`),
  );
});

describe('accepted', () => {
  it.each([
    'a {{x}};',
    'a {{x}} {{y.z}} {{../w}} {{@index}};',
    'a{{#each x}} {{this}}{{/each}};',
    'a {{#each x}}{{this}} {{/each}};',
    '{{#each x}}\na {{this}};\n{{else}}\nb;\n{{/each}}',
    '{{#each x as |y|}}a {{y}};{{/each}}',
    '{{^if x}}a;{{/if}}',
    '{{#if x}}a {{x}};{{else if y}}b {{y}};{{else}}c;{{/if}}',
    'a{{#unless x}} {{y}}{{/unless}} { }',
    '{{#with x}}a {{y}};{{/with}}',
    '# made from {{x}}, {{y}}"\n',
    '{{! it\'s "a comment }}{{!-- {{{x}}} --}}a;',
    '{{> x}}{{> x y}}',
    'a b="c" {{x}}\n;',
    'a "b" {{x}} \'c\';',
    'a \\{{x}}; }',
  ])('%j', (source) => expect(problem(source)).toBe('accepted'));
});

it('all is told in the module: names, and each template', () => {
  const text = precompile({ 'site.conf.hbs': 'a {{x}};\n', 'partials/b.hbs': 'b;\n' });
  expect(text).toMatch(/^export const templates = \{\n {2}"site\.conf\.hbs": \{/);
  expect(text).toContain('\n  "partials/b.hbs": {');
  expect(text).not.toContain('escapeExpression');
  expect(() => precompile({ 'site.conf.hbs': 'a {{{x}}};' })).toThrow(TemplateError);
});
