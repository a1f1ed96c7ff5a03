import { describe, expect, it } from 'vitest';
import { parseMessages, successful } from '../../src/nginx/output.ts';
import { printable } from '../../src/nginx/printable.ts';

describe('parseMessages', () => {
  it('reads a message with its place and drops the verdict', () => {
    const stderr = `nginx: [emerg] unknown directive "listn" in /etc/nginx/sites-enabled/a:12
nginx: configuration file /etc/nginx/nginx.conf test failed
`;
    expect(parseMessages(stderr)).toEqual([
      { level: 'emerg', text: 'unknown directive "listn"', file: '/etc/nginx/sites-enabled/a', line: 12 },
    ]);
  });

  it.each(['nginx', 'angie'])('has nothing to say about a success of %s', (name) => {
    const stderr = `${name}: the configuration file /etc/nginx/nginx.conf syntax is ok
${name}: configuration file /etc/nginx/nginx.conf test is successful
`;
    expect(parseMessages(stderr)).toEqual([]);
    expect(successful.test(stderr)).toBe(true);
  });

  it.each([
    [
      'nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored',
      'warn',
      'conflicting server name "a" on 0.0.0.0:80, ignored',
    ],
    [
      '2026/11/24 04:53:22 [emerg] 18898#18898: mkdir() "/x" failed (2: No such file)',
      'emerg',
      'mkdir() "/x" failed (2: No such file)',
    ],
    ['2026/11/24 04:53:22 [crit] 1#1: *7 SSL_do_handshake() failed', 'crit', 'SSL_do_handshake() failed'],
    ['angie: [emerg] unknown directive "x"', 'emerg', 'unknown directive "x"'],
    ['nginx: [alert] could not open error log file', 'alert', 'could not open error log file'],
    ['nginx: invalid option: "q"', 'notice', 'nginx: invalid option: "q"'],
    [
      'error while loading shared libraries: libssl.so.3',
      'notice',
      'error while loading shared libraries: libssl.so.3',
    ],
  ])('%s', (stderr, level, text) => {
    expect(parseMessages(stderr)).toEqual([{ level, text }]);
  });

  it('takes the last place of a message', () => {
    expect(parseMessages('nginx: [emerg] host not found in upstream "b in /x:1" in /etc/nginx/a b:3')).toEqual([
      { level: 'emerg', text: 'host not found in upstream "b in /x:1"', file: '/etc/nginx/a b', line: 3 },
    ]);
  });

  it('puts a message together that has a newline in it', () => {
    const stderr = 'nginx: [emerg] unknown directive "one\n::error::two" in /etc/nginx/a:3\n::error::three\n';
    expect(parseMessages(stderr)).toEqual([
      { level: 'emerg', text: 'unknown directive "one ::error::two"', file: '/etc/nginx/a', line: 3 },
      { level: 'notice', text: '::error::three' },
    ]);
  });

  it('says the same thing once, and no more than 1,000 things', () => {
    expect(parseMessages('nginx: [warn] a\nnginx: [warn] a\n')).toHaveLength(1);
    expect(parseMessages(Array.from({ length: 5000 }, (_, i) => `nginx: [warn] ${i}`).join('\n'))).toHaveLength(1000);
  });
});

describe('printable', () => {
  it.each([
    ['a\r\n::error::b', 'a::error::b'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007text', 'text'],
    ['\u001b]8;;http://x\u001b\\link', 'link'],
    ['a\u2028b\u2029c\u0085d', 'abcd'],
    ['a\u202eb\u2066c\u200fd', 'abcd'],
    ['\ud800a\udc00', 'a'],
    ['grüße 🎉', 'grüße 🎉'],
    ['\0\u007f\u009b31mx', '31mx'],
  ])('%j becomes %j', (text, clean) => {
    expect(printable(text)).toBe(clean);
  });

  it('is at most so long, and breaks no character', () => {
    expect(printable('x'.repeat(5000))).toHaveLength(1000);
    expect(printable(`${'x'.repeat(8)}🎉🎉`, 10)).toBe(`${'x'.repeat(8)}…`);
  });
});
