import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { withThrowawayFolder } from '../../src/verify/throwaway.ts';
import { nginxOf, type Suite, suites } from '../parts.ts';
import { type Directive, LexerError, parseNginx } from './nginx-lexer.ts';

/** Arguments of a directive, as they stand in a file up to the `;`. */
const variable = (name: string) => `$\{${name}}`;
const odd: readonly string[] = [
  ...['a', 'a b', 'a\tb', 'a\rb', 'a\nb', 'a\vb', 'a\fb', 'a\u00a0b', 'a\u2028b', 'a\u0085b', '\ufeffa', 'a\x01b'],
  ...['"a b"', "'a b'", '"a\nb"', '"a;b"', '"a{b}"', '"a#b"', '""', "''", '"a" "b"', '"a""b"', '"a"b', '"a"\'b\''],
  ...['"a")', '"a")b', '"a"#b', '"a"}', '"a"\n', 'a"b"', 'a"b c"', "a'b", 'a"', "it's", '"it\'s"', '\'say "x"\''],
  ...['a\\ b', 'a\\;b', 'a\\{b', 'a\\}b', '\\"a', '\\"a b', '\\#a', '\\a', '\\\\', 'a\\\\', 'a\\\\ b', '\\ a', '\\;'],
  ...['"a\\"b"', '"a\\\\"', '"a\\\\" b', '"a\\"', '"a\\nb"', '"a\\tb"', '"a\\rb"', '"a\\xb"', '"\\$x"', '"a\\;b"'],
  ...["'a\\'b'", "'a\\\"b'", 'a\\nb', 'a\\tb', '\\n', '\\t\\t', '"\\\\n"', '"\\\\\\n"', '"a\\ b"', "'\\\\'"],
  ...['a#b', 'a #b\nc', '#a\nb', '#a', 'a # "b\nc', '# a;b\nc', '#\nb', 'a b # c', '"a" #b\n', 'a\\#b'],
  ...[
    '$a',
    variable('a'),
    `${variable('a')}b`,
    `b${variable('a')}`,
    `$${variable('a')}`,
    variable('{a'),
    '$\\{a',
    '$ {a}',
    `"${variable('a')}"`,
    '"$"',
    '$',
    'a$',
    'a$\\;',
    '${',
  ],
  ...['a}', 'a}b', '}', 'a }', 'a{', 'a {', '{', '{}', 'a{b', '{ a', '"a"{', "a'{'", '$a{b', '"$"{'],
  ...['', ' ', '\n', '"', "'", '"a', '\\', 'a\\', '"a\\', ';', ';;', 'a;;', '^a$', '\\.php$', '(a|b)', '[::]:80'],
  ...['é', '日本語', '"日本"', '\u{1f600}', 'a\\é', 'x=1', '-', '@a', '=', '?a=b&c', '<a>', '`a`', '|', '!', '%s'],
];

const long: readonly (readonly [name: string, source: string])[] = [
  ...[4093, 4094, 4095, 4096].map((length) => [`${length} bytes in quotes`, `"${'q'.repeat(length)}"`] as const),
  ...[4093, 4094, 4095].map((length) => [`${length} in quotes and a space`, `"${'q'.repeat(length)}" `] as const),
  ...[4094, 4095, 4096].map((length) => [`${length} bare`, 'b'.repeat(length)] as const),
  ...[4093, 4094, 4095].map((length) => [`${length} bare and a space`, `${'b'.repeat(length)} `] as const),
  ...[4093, 4094, 4095].map((length) => [`a comment of ${length}`, `a #${'c'.repeat(length)}\n`] as const),
  ['2,047 escaped quotes', `"${'\\"'.repeat(2047)}"`],
  ['2,048 escaped quotes', `"${'\\"'.repeat(2048)}"`],
  ['white space of 9,000', `${' '.repeat(9000)}a`],
];

describe.each(suites.filter((suite) => suite !== 'trixie'))('the port against nginx of %s', (suite) => {
  it('agrees on every argument', async () => {
    // Of two servers with the same names, nginx repeats each name of the second, in lower case.
    const read: { port: number; tokens: string[] }[] = [];
    const servers = odd.map((source, index) => {
      const port = 20_000 + index;
      const names = argumentsOf(source);
      if (names === undefined || names.length === 0) return '';
      read.push({ port, tokens: names });
      return `server {listen 127.0.0.1:${port}; server_name ${source};}\n`.repeat(2);
    });
    expect(read.length).toBeGreaterThan(100);
    const said = await testOf(
      suite,
      `events {worker_connections 999;}\nhttp {\nserver_names_hash_bucket_size 128;\n${servers.join('')}}`,
    );
    expect(said).toContain('syntax is ok');
    const warnings = said.matchAll(
      /conflicting server name "((?:(?!conflicting).)*)" on 127\.0\.0\.1:(\d+), ignored\n/gs,
    );
    const seen = new Map<number, string[]>();
    for (const [, name = '', port] of warnings) seen.set(Number(port), [...(seen.get(Number(port)) ?? []), name]);
    for (const { port, tokens } of read)
      expect(seen.get(port), JSON.stringify(odd[port - 20_000])).toEqual(tokens.map((token) => token.toLowerCase()));
  });

  it('agrees on what is refused', async () => {
    for (const [name, source] of [...odd.map((text) => [JSON.stringify(text), text] as const), ...long]) {
      if (argumentsOf(source) !== undefined && !long.some(([, text]) => text === source)) continue;
      const file = `events {}\nhttp {\nserver {\nlisten 127.0.0.1:1 ${source};\n}\n}\n`;
      const said = await testOf(suite, file);
      const known = lexed(file);
      // nginx acts on each directive as it reads it, so what comes first may be refused for its sense.
      const sense = /is not terminated by|unknown directive|invalid parameter|syntax is ok/.test(said);
      if (typeof known !== 'string') expect(sense, `${name}: ${said}`).toBe(true);
      else if (!(sense && /[;{}]/.test(source))) expect(said, name).toContain(known);
    }
  });

  it('agrees on whole files', async () => {
    const files: readonly (readonly [file: string, refused: string | undefined])[] = [
      ['events {}', undefined],
      ['events{}http{}', undefined],
      ['events {} # at the end', undefined],
      ['"events" {}', undefined],
      ['even\\ts {}', 'unknown directive'],
      ['\ufeffevents {}', 'unknown directive'],
      ['events {', 'unexpected end of file, expecting "}"'],
      ['events {}}', 'unexpected "}"'],
      ['events {} http', 'unexpected end of file, expecting ";" or "}"'],
      ['events {} http {;}', 'unexpected ";"'],
      ['events {} #', undefined],
      [`events {} ${'#'.repeat(4095)}\n`, undefined],
      [`events {} ${'#'.repeat(4096)}\n`, 'too long parameter'],
      [`events {} ${'#'.repeat(4096)}`, undefined],
    ];
    for (const [file, refused] of files) {
      const said = await testOf(suite, file);
      if (refused === undefined) expect(said, file).toContain('syntax is ok');
      else expect(said, file).toContain(refused);
      const known = lexed(file);
      expect(typeof known === 'string' ? known : undefined, file).toBe(
        refused === 'unknown directive' ? undefined : refused,
      );
    }
  });
});

describe('the tree', () => {
  it('nests', () => {
    const text = 'http { server { listen 80; location = "/a b" { return 204; } } }\n# end\nuser \'x\';';
    expect(parseNginx(text)).toEqual([
      directive(
        ['http'],
        [
          directive(
            ['server'],
            [
              directive(['listen', '80']),
              {
                tokens: [...plain(['location', '=']), { text: '/a b', quoted: true }],
                block: [directive(['return', '204'])],
              },
            ],
          ),
        ],
      ),
      { tokens: [...plain(['user']), { text: 'x', quoted: true }] },
    ]);
  });
});

function plain(words: readonly string[]): { text: string; quoted: boolean }[] {
  return words.map((text) => ({ text, quoted: false }));
}

function directive(words: readonly string[], block?: readonly Directive[]): Directive {
  return block === undefined ? { tokens: plain(words) } : { tokens: plain(words), block };
}

/** What the port reads as the arguments of one directive; undefined when it refuses, or reads a block or several directives. */
function argumentsOf(source: string): string[] | undefined {
  const known = lexed(`x ${source};`);
  const [first, ...rest] = typeof known === 'string' ? [] : known;
  if (first === undefined || first.block !== undefined || rest.length > 0) return undefined;
  return first.tokens.slice(1).map(({ text }) => text);
}

function lexed(file: string): Directive[] | string {
  try {
    return parseNginx(file);
  } catch (error) {
    if (error instanceof LexerError) return error.message;
    throw error;
  }
}

async function testOf(suite: Suite, file: string): Promise<string> {
  return withThrowawayFolder(async (folder) => {
    const path = join(folder, 'nginx.conf');
    writeFileSync(path, file);
    const command = ['-t', '-p', folder, '-c', path, '-g', `pid ${folder}/pid; error_log ${folder}/log;`];
    const run = promisify(execFile)(nginxOf(suite), command, { maxBuffer: 1 << 20 });
    const { stderr } = await run.catch((error: { stderr: string }) => error);
    return stderr;
  });
}
