import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '../../src/domino/environment-file.ts';
import { type JsonObject, type Layers, originOf, overlaid, theEnvironment } from '../../src/domino/overlay.ts';

/** Files in the order of a folder listing, which says nothing; the environment; what the API makes of them. */
const cases: readonly (readonly [
  what: string,
  files: Readonly<Record<string, JsonObject>>,
  environment: Readonly<Record<string, string>>,
  expected: JsonObject,
])[] = [
  ['nothing', {}, {}, {}],
  ['one file', { 'a.json': { PORT: 1 } }, {}, { PORT: 1 }],
  ['the last in the alphabet wins', { 'b.json': { PORT: 2 }, 'a.json': { PORT: 1 } }, {}, { PORT: 2 }],
  ['capitals come first', { 'a.json': { PORT: 1 }, 'Z.json': { PORT: 2 } }, {}, { PORT: 1 }],
  [
    'digits come before letters',
    { 'a.json': { PORT: 1 }, '10.json': { PORT: 2 }, '9.json': { PORT: 3 } },
    {},
    { PORT: 1 },
  ],
  ['10 comes before 9', { '9.json': { PORT: 1 }, '10.json': { PORT: 2 } }, {}, { PORT: 1 }],
  ['a hyphen comes before a dot', { 'a.json': { PORT: 1 }, 'a-b.json': { PORT: 2 } }, {}, { PORT: 1 }],
  ['keys are case-sensitive', { 'a.json': { PORT: 1 }, 'b.json': { port: 2 } }, {}, { PORT: 1, port: 2 }],
  [
    'objects are merged, at every depth',
    { 'a.json': { a: { b: { c: 1, d: 2 }, e: 3 } }, 'b.json': { a: { b: { d: 4 } } } },
    {},
    { a: { b: { c: 1, d: 4 }, e: 3 } },
  ],
  ['arrays are replaced', { 'a.json': { a: [1, 2, 3] }, 'b.json': { a: [4] } }, {}, { a: [4] }],
  ['an empty array too', { 'a.json': { a: [1] }, 'b.json': { a: [] } }, {}, { a: [] }],
  [
    'an array in an object',
    { 'a.json': { o: { a: [1], b: 1 } }, 'b.json': { o: { a: [2] } } },
    {},
    { o: { a: [2], b: 1 } },
  ],
  ['an object by a value', { 'a.json': { a: { b: 1 } }, 'b.json': { a: 5 } }, {}, { a: 5 }],
  ['a value by an object', { 'a.json': { a: 5 }, 'b.json': { a: { b: 1 } } }, {}, { a: { b: 1 } }],
  ['an object by an array', { 'a.json': { a: { b: 1 } }, 'b.json': { a: [1] } }, {}, { a: [1] }],
  ['null is a value', { 'a.json': { a: 5 }, 'b.json': { a: null } }, {}, { a: null }],
  [
    'false and "" are values',
    { 'a.json': { a: true, b: 'x' }, 'b.json': { a: false, b: '' } },
    {},
    { a: false, b: '' },
  ],
  ['an empty object takes nothing away', { 'a.json': { a: { b: 1 } }, 'b.json': { a: {} } }, {}, { a: { b: 1 } }],
  ['the environment comes last', { 'z.json': { PORT: 1, HOST: 'a' } }, { PORT: '2' }, { PORT: 2, HOST: 'a' }],
  ['a number, a truth value, a text', {}, { A: '12', B: 'true', C: '1.2.3' }, { A: 12, B: true, C: '1.2.3' }],
  ['a password is a text', {}, { TLSPassword: '12' }, { TLSPassword: '12' }],
  [
    'a strange key is a key',
    { 'a.json': JSON.parse('{"__proto__": {"x": 1}}') },
    {},
    JSON.parse('{"__proto__": {"x": 1}}'),
  ],
];

const layersOf = (files: Readonly<Record<string, JsonObject>>, environment = {}): Layers => ({
  overlays: Object.entries(files).map(([name, settings]) => ({ name, settings })),
  environment,
});

describe('overlays', () => {
  it.each(cases)('%s', (_what, files, environment, expected) => {
    const merged = overlaid(layersOf(files, environment));
    expect(merged).toEqual(expected);
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    const reversed = Object.fromEntries(Object.entries(files).reverse());
    expect(overlaid(layersOf(reversed, environment))).toEqual(expected);
  });

  it('say where a value comes from', () => {
    const layers = layersOf(
      { 'a.json': { PORT: 1, o: { x: 1, y: 1 }, gone: { x: 1 } }, 'b.json': { o: { y: 2 }, gone: 5 } },
      { HOST: 'h' },
    );
    expect(originOf(layers, ['PORT'])).toBe('a.json');
    expect(originOf(layers, ['o', 'x'])).toBe('a.json');
    expect(originOf(layers, ['o', 'y'])).toBe('b.json');
    expect(originOf(layers, ['gone', 'x'])).toBeUndefined();
    expect(originOf(layers, ['HOST'])).toBe(theEnvironment);
    expect(originOf(layers, ['port'])).toBeUndefined();
    expect(originOf(layers, ['toString'])).toBeUndefined();
  });
});

it('an environment file is read as systemd and Docker write it', () => {
  const text =
    '\uFEFF# PORT=1\r\nexport PORT=8880\r\n\r\n; X=1\nTLSPassword="a b#c"\nEMPTY=\nA=\'x"y\'\nno line\n 1A=2\nURL=a=b\n';
  expect(parseEnvironment(text)).toEqual({ PORT: '8880', TLSPassword: 'a b#c', EMPTY: '', A: 'x"y', URL: 'a=b' });
});
