import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findingsIn, findingsOf } from '../reported.ts';
import { expectText } from '../text-fixture.ts';

const folder = 'test/diagnostics';
const cases = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

describe('a spec with a mistake', () => {
  it.each(cases)('%s', (file) => {
    const { diagnostics, text } = findingsOf(folder, file);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).not.toEqual([]);
    expectText(text(), `${folder}/${file.replace(/yaml$/, 'txt')}`);
  });

  it('has a text for each case, and nothing else', () => {
    const texts = cases.map((file) => file.replace(/yaml$/, 'txt'));
    expect(readdirSync(folder).sort()).toEqual([...cases, ...texts, 'diagnostics.test.ts'].sort());
  });
});

const valid = 'version: 1\nsites: {api: {hosts: [api.example.com], upstream: "http://127.0.0.1:8080"}}\n';

/** What a fixture file can't hold, or what an editor would change. */
const bytes: readonly (readonly [name: string, spec: string | Uint8Array, first: string])[] = [
  ['NUL', valid.replace('api:', 'a\0i:'), 'forbidden-character'],
  ['a vertical tab', valid.replace('127', '\v127'), 'forbidden-character'],
  ['escape', valid.replace('127', '\x1b127'), 'forbidden-character'],
  ['next line', valid.replace('127', '\u0085127'), 'forbidden-character'],
  ['a line separator', valid.replace('127', '\u2028127'), 'forbidden-character'],
  ['a bidirectional control', valid.replace('127', '\u202e127'), 'forbidden-character'],
  ['a byte order mark inside', valid.replace('127', '\ufeff127'), 'forbidden-character'],
  ['invalid UTF-8', new Uint8Array([...Buffer.from(valid), 0xff]), 'not-utf8'],
  [
    'half of a surrogate pair in UTF-8',
    new Uint8Array([...Buffer.from('version: 1 # '), 0xed, 0xa0, 0x80]),
    'not-utf8',
  ],
  ['an overlong slash', new Uint8Array([...Buffer.from('version: 1 # '), 0xc0, 0xaf]), 'not-utf8'],
  ...[
    ['a list', '[', ']'],
    ['a map', '{"a":', '}'],
    ['a list in lines', '- ', ''],
  ].flatMap(([what = '', open = '', close = '']) =>
    [100, 900, 20_000].map(
      (depth) =>
        [`${what} in itself, ${depth} times`, `${open.repeat(depth)}1${close.repeat(depth)}`, 'yaml-syntax'] as const,
    ),
  ),
  ['UTF-16', new Uint8Array(Buffer.from(`\ufeff${valid}`, 'utf16le')), 'not-utf8'],
  ['more than 1 MB', `${valid}# ${'x'.repeat(1_000_000)}`, 'file-too-large'],
  ['far too many brackets', `version: 1\nsites: ${'['.repeat(100_000)}`, 'yaml-syntax'],
];

describe('the bytes of a spec', () => {
  it.each(bytes)('%s', (_, spec, code) => {
    const { diagnostics } = findingsIn([{ file: 'keepgate.yaml', bytes: Buffer.from(spec as string) }]);
    expect(diagnostics[0]).toMatchObject({ code, severity: 'error', at: { file: 'keepgate.yaml' } });
    expect(diagnostics.map(({ message }) => message).join('\n')).not.toContain('call stack');
  });

  it.each([
    ['as they are', valid],
    ['with a byte order mark in front', `\ufeff${valid}`],
    ['with CR LF', valid.replaceAll('\n', '\r\n')],
    [
      'as JSON',
      '{"version": 1, "sites": {"api": {"hosts": ["api.example.com"], "upstream": "http://127.0.0.1:8080"}}}',
    ],
  ])('%s', (_, spec) => {
    expect(findingsIn([{ file: 'keepgate.yaml', bytes: Buffer.from(spec) }]).diagnostics).toEqual([]);
  });
});
