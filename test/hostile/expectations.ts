/** What each format makes of a value by the time that it is rendered: said again here, in the simplest way. */
import { identityHeaders, neverPassed } from '../../src/spec/identity-headers.ts';
import type { Field } from './fields.ts';
import { guardedSample } from './samples.ts';

/**
 * A harmless value of the same kind as another: one that the same directives are written for. Undefined where that is the
 * value itself, of which there is nothing to compare.
 */
export function harmless({ format, value: sample, sample: name }: Field, value: string): string | undefined {
  switch (format) {
    case 'route': {
      if (value === '/') return undefined;
      const sign = /^(=|~\*|~) /.exec(value)?.[0] ?? '';
      // a regular expression with a guard is rewritten
      if (name === guardedSample && sign.startsWith('~')) return undefined;
      return sign === '= ' && value === '= /' ? undefined : `${sign}/some-marker`;
    }
    case 'segment':
      return value === '/' ? undefined : sample;
    case 'upstream':
      if (!value.includes('/')) return sample.includes('/') ? undefined : sample;
      return value.startsWith('https:') ? 'https://[2001:db8::7]:8087' : 'http://[2001:db8::7]:8087';
    case 'address':
      return /^[\d.]+:|^\[/.test(rendered({ format }, value)[0] ?? '')
        ? '[2001:db8::ee]:8077'
        : 'internal.example:8077';
    case 'host': {
      // nginx's table of names gets larger with longer ones.
      const { length } = publicHost(value);
      return length > 46 ? 'm'.repeat(length).replace(/(m{40})m(?=m)/g, '$1.') : sample;
    }
    case 'tls-profile':
      return value.startsWith('modern') ? 'modern' : 'intermediate';
    case 'header-name':
      if (/^(0|[1-9]\d*)$/.test(value)) return undefined; // JavaScript puts such keys first
      return standardHeaders.find((name) => name.toLowerCase() === value.toLowerCase()) ?? sample;
    case 'enum':
    case 'certificate':
    case 'challenge':
    case 'target':
    case 'passed-header':
    case 'header-limit':
      return undefined;
    default:
      return sample;
  }
}

/** Request headers that are set anyway: another value replaces that one. */
const standardHeaders = [
  ...['X-Real-IP', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto', 'Forwarded'],
  ...identityHeaders,
  ...neverPassed,
];

/**
 * The texts that a value has in the tokens of the output, the longer first; each stands in the place of the harmless
 * value's text at the same index.
 */
export function rendered({ format, sample }: Pick<Field, 'format'> & Partial<Field>, value: string): string[] {
  switch (format) {
    case 'name':
    case 'network':
    case 'resolver':
    case 'duration':
    case 'seconds':
    case 'file-path':
    case 'header-name':
    case 'header-value':
    case 'text':
    case 'media-type':
    case 'redirect-target':
      return [value];
    case 'address-header':
      return [value.replace(/^x-(forwarded-for|real-ip)$/i, (name) => spelled[name.toLowerCase()] ?? name)];
    case 'realm':
      return [value.replace(/["\\]/g, '\\$&')]; // a quoted-string of HTTP
    case 'host':
      return [publicHost(value)];
    case 'route':
      if (sample === guardedSample)
        return [everyCase(value.replace(/^= /, '').replace(value.startsWith('/') ? /(.)\/$/ : /$^/, '$1'))];
      return [value.startsWith('/') ? value.replace(/(.)\/$/, '$1') : value.replace(/^(=|~\*?) /, '')];
    case 'segment':
      return [value.replace(/(.)\/$/, '$1')];
    case 'body-limit':
      return [value === 'unlimited' ? '0' : value];
    case 'listen-address':
      return value === '*' ? ['8081', '8444'] : [`${value}:8081`, `${value}:8444`];
    case 'address':
      return backend(value);
    case 'upstream':
      return value.includes('/') ? backend(withPort(value)) : [value];
    case 'backend-host':
      return backend(`${/:.*:/.test(value) && !value.startsWith('[') ? `[${value}]` : value}:1`).slice(1);
    default:
      return []; // nginx never sees it
  }
}

const spelled: Readonly<Record<string, string>> = { 'x-forwarded-for': 'X-Forwarded-For', 'x-real-ip': 'X-Real-IP' };

/** As a regular expression for `~*`, in which nginx looks at no capitals of ASCII. */
function everyCase(path: string): string {
  const literal = (text: string) => text.replace(/[.()*+]/g, '\\$&');
  return Array.from(path, (character) => {
    if (/^[ -~]$/.test(character)) return literal(character);
    const small = character.toLowerCase();
    const cases = new Set([character, small, character.toUpperCase()]);
    for (let code = 0x80; code < 0xd800; code++)
      if (String.fromCharCode(code).toLowerCase() === small) cases.add(String.fromCharCode(code));
    return cases.size === 1 ? literal(character) : `(?:${[...cases].join('|')})`;
  }).join('');
}

function publicHost(host: string): string {
  const [, star = '', name = ''] = /^(\*\.)?(.*?)\.?$/s.exec(host) ?? [];
  return star + hostname(name.includes(':') && !name.startsWith('[') ? `[${name}]` : name);
}

/** As a browser reads it: lower case, punycode, the shortest form of an IPv6 address. */
function hostname(text: string): string {
  return new URL(`http://${text}/`).hostname;
}

function withPort(url: string): string {
  const [, scheme, authority = ''] = /^(https?):\/\/([^/]*)/.exec(url) ?? [];
  return /:\d+$/.test(authority) ? authority : `${authority}:${scheme === 'https' ? 443 : 80}`;
}

/** `host:port`, the host in it, and the host as a certificate has it. */
function backend(address: string): string[] {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const name = hostname(host);
  const reached = name === 'localhost' ? '127.0.0.1' : name;
  return [`${reached}:${Number(port)}`, reached, name.replace(/^\[|\]$/g, '')];
}

/** Names of nginx's own namespace, made of a backend's URL: any will do, as long as it is the same name in each place. */
export const madeOfUrls: ReadonlySet<string> = new Set(['upstream', 'backend-host']);
