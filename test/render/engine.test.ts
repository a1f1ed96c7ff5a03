import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { RawText } from '../../src/model/site.ts';
import { engine } from '../../src/render/engine.ts';
import { compiled } from './compiled.ts';

const rendered = (source: string, view: object, others: Record<string, string> = {}): string =>
  engine(compiled({ 'site.conf.hbs': source, ...others }))('site.conf.hbs', view);

describe('values', () => {
  it('are quoted in every place', () => {
    const view = { x: '; }', y: { z: 'a "b"' }, list: ['p q', '{'], name: 'plain' };
    expect(rendered('a {{x}} {{y.z}} {{name}};\n', view)).toBe('a "; }" "a \\"b\\"" plain;\n');
    expect(rendered('a{{#each list}} {{this}} {{@index}} {{../x}}{{/each}};', view)).toBe(
      'a "p q" 0 "; }" "{" 1 "; }";',
    );
    expect(rendered('{{#with y}}a {{z}};{{/with}}', view)).toBe('a "a \\"b\\"";');
    expect(rendered('{{> part}}{{> part y}}', { ...view, z: '#' }, { 'partials/part.hbs': 'a {{z}};\n' })).toBe(
      'a "#";\na "a \\"b\\"";\n',
    );
    expect(rendered('# of {{x}}\n', view)).toBe('# of "; }"\n');
  });

  it('are not taken for HTML', () => {
    expect(rendered('a {{x}};', { x: '<&>\'"`=' })).toBe('a "<&>\'\\"`=";');
    expect(Handlebars.compile('{{x}}')({ x: '<"' })).toBe('&lt;&quot;');
  });

  it('that no token can hold are an error that names them', () => {
    expect(() => rendered('a {{x.y}};', { x: { y: 'a\nb' } })).toThrow(
      new TypeError("x.y: a value with a line feed (U+000A) can't be written for nginx"),
    );
    expect(() => rendered('# {{x}}\n', { x: 'a\nb' })).toThrow(TypeError);
    expect(() => rendered('a {{x}};', { x: null })).toThrow('x: a template shows a null as text');
    expect(() => rendered('a {{x}};', { x: { toHTML: () => ';' } })).toThrow('x: a template shows a object as text');
    expect(() => rendered('a {{x}};', { x: new Handlebars.SafeString(';') })).toThrow(TypeError);
    expect(() => rendered('a {{x}};', { x: () => ';' })).toThrow(TypeError);
  });

  it('that are raw text stand as they are', () => {
    expect(rendered('{{x}}\n', { x: new RawText('a;\nb {\n}\n\n') })).toBe('a;\nb {\n}\n');
    expect(() => rendered('a {{x}};', { x: { lines: ['b; c'] } })).toThrow('x: a template shows a object as text');
  });
});

describe('what the view lacks is an error', () => {
  it.each([
    'a {{typo}};',
    'a {{x.typo}};',
    '{{#if typo}}a;{{/if}}',
    '{{#unless typo}}a;{{/unless}}',
    '{{#each typo}}a;{{/each}}',
    '{{#with typo}}a;{{/with}}',
    '{{#if x.typo}}a;{{/if}}',
    '{{> part typo}}',
    '{{#each list}}{{#if typo}}a;{{/if}}{{/each}}',
    'a {{@typo}};',
    'a {{constructor}};',
    'a {{x.__proto__}};',
    'a {{toString}};',
    '{{#if hasOwnProperty}}a;{{/if}}',
  ])('%s', (source) => {
    const render = () => rendered(source, { x: {}, list: [{}] }, { 'partials/part.hbs': 'a;\n' });
    expect(render).toThrow(/^a template uses "[\w.@]+", which its view does not have$/);
  });

  it('and so is a template that there is not', () => {
    expect(() => engine({})('x.hbs', {})).toThrow(new TypeError('there is no template x.hbs'));
    expect(() => rendered('{{> nowhere}}', {})).toThrow('nowhere');
  });
});
