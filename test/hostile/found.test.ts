import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/spec/formats.ts';

describe('what nginx was once found to refuse is refused where it is written', () => {
  it.each([
    ['seconds', '500ms', 'is not a duration in whole seconds'],
    ['network', '6:5:58c:f0:f:83e2:1::', 'has a :: that stands for one group; write 6:5:58c:f0:f:83e2:1:0'],
    ['network', '::5:58c:f0:f:83e2:1:2', 'has a :: that stands for one group; write 0:5:58c:f0:f:83e2:1:2'],
    ['network', '1:2:3:4:5:6:7::/128', 'has a :: that stands for one group; write 1:2:3:4:5:6:7:0'],
    ['resolver', '[1:2:3:4:5:6:7::]:53', 'has a :: that stands for one group; write 1:2:3:4:5:6:7:0'],
    ['listen-address', '[0::0]', 'is better known as [::]; write that'],
    ['listen-address', '[2001:DB8::1]', 'is better known as [2001:db8::1]; write that'],
    ['listen-address', '0.0.0.0', 'is every IPv4 address; write "*"'],
    ['header-name', 'x'.repeat(47), 'is longer than 46 characters'],
    ['host', 'xn--a.example', 'is not a host name'],
    ['file-path', `/etc/${'x'.repeat(256)}`, 'has a name of more than 255 characters'],
    ['header-value', '\\'.repeat(2001), 'is longer than 2000 bytes'],
    ['text', 'é'.repeat(1001), 'is longer than 2000 bytes'],
    ['realm', '\\'.repeat(1001), 'is longer than 1000 bytes'],
    ['route', '~ (', 'is not a regular expression: unterminated group'],
    ['route', '~ [b+(', 'is not a regular expression: unterminated character class'],
    ['route', '~* *a', 'is not a regular expression: nothing to repeat'],
    ['route', '~ a\\', 'is not a regular expression: \\ at end of pattern'],
    ['route', '~ a[]', 'is not a regular expression: a [ has no end'],
    ['route', '~ a[^]', 'is not a regular expression: a [ has no end'],
  ])('%s %s', (format, value, problem) => expect(formatProblem(format, value)).toContain(problem));

  it.each([
    ['seconds', '10s'],
    ['network', '1:2:3:4:5:6::'],
    ['network', '::ffff:10.0.0.1'],
    ['network', 'FD00::/8'],
    ['listen-address', '[::]'],
    ['header-name', 'x'.repeat(46)],
    ['host', 'xn--nxasmq6b.example'],
    ['file-path', `/etc/${'x'.repeat(255)}`],
    ['header-value', '\\'.repeat(2000)],
    ['realm', '\\'.repeat(1000)],
    ['route', '~ ^/(?:a|b){2}/[^/]+\\.json$'],
    ['route', '~ (?i)a'],
    ['route', '~ a++(?>b|c)'],
    ['route', '~ []a]'],
  ])('but not %s %s', (format, value) => expect(formatProblem(format, value)).toBeUndefined());
});
