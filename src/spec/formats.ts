/**
 * The grammar of each kind of string in a spec, by the `format` that schema.json names.
 * A grammar gives the reason why a value is refused, or undefined. All are allow-lists: what a grammar lets pass is safe
 * to quote and carries no meaning that nginx gives to a prefix or to `$`.
 */
import {
  backendHostProblem,
  canonicalIpv6,
  hostProblem,
  isAddress,
  isIpv4,
  parseAddress,
  parseBackendUrl,
  parseNetwork,
} from './address.ts';
import { forbiddenCharacter } from './characters.ts';
import { passProblem } from './identity-headers.ts';
import { isName, longestName } from './name.ts';
import { patternProblem } from './route-pattern.ts';

type Grammar = (value: string) => string | undefined;

const name: Grammar = (value) =>
  isName(value) && value.length <= longestName
    ? undefined
    : 'is not a name; names hold lower-case letters, digits, and hyphens or single dots between them, at most 64';

const version: Grammar = (value) =>
  /^\d{1,3}\.\d{1,3}(\.\d{1,3})?[a-z]?$/.test(value) ? undefined : 'is not a version such as 1.26.3';

/** `longest` is in bytes: nginx refuses a quoted token of more than 4,094, and escaping can double a value. */
function freeText(what: string, longest = 2000): Grammar {
  return (value) => {
    if (value.includes('$')) return `holds a $, which nginx would read as a variable; ${what} can't have one`;
    if (Buffer.byteLength(value) > longest) return `is longer than ${longest} bytes`;
    const forbidden = forbiddenCharacter(value);
    return forbidden && `holds ${forbidden}`;
  };
}

const filePath: Grammar = (value) => {
  const prefix = /^(engine|store|data|syslog|memory|stderr|unix|pkcs11):?/.exec(value);
  if (prefix)
    return `begins with ${prefix[0]}, which nginx gives a meaning of its own; write the absolute path of a file`;
  if (!value.startsWith('/')) return 'is not an absolute path';
  if (/\/\.{1,2}(\/|$)/.test(value)) return 'has . or .. in it; write the path out';
  if (/^\/(dev|proc|sys)(\/|$)/.test(value)) return 'lies below /dev, /proc or /sys';
  if (value.length > 1000) return 'is longer than 1000 characters';
  if (/[^/]{256}/.test(value)) return 'has a name of more than 255 characters, which no file system takes';
  return /^(\/[A-Za-z0-9._@+-]+)+$/.test(value)
    ? undefined
    : 'is not a path that is safe to write into a configuration; it may hold letters, digits and . _ @ + -';
};

/** A path of the person who writes the spec, relative to the spec file; it never reaches nginx. */
const specPath: Grammar = (value) =>
  /^(?!-)[A-Za-z0-9._@+/-]{1,1000}$/.test(value) ? undefined : 'is not a path of letters, digits and . _ @ + - /';

const pathCharacters = /^\/[\p{L}\p{N}._~!&'()*+,=:@/-]*$/u;

function urlPath(value: string): string | undefined {
  if (!value.startsWith('/')) return 'does not begin with /';
  if (value.includes('%')) return 'has a % in it; nginx compares with the decoded path, so write the character itself';
  if (value.includes('//')) return 'has two slashes in a row, which nginx merges before it compares';
  if (/\/\.{1,2}(\/|$)/.test(value)) return 'has . or .. as a segment, which nginx resolves before it compares';
  if (value.length > 1000) return 'is longer than 1000 characters';
  return pathCharacters.test(value) ? undefined : "may hold letters, digits and . _ ~ ! & ' ( ) * + , = : @ / -";
}

/** A path of a route; unlike the path of a URL it must not look like a pattern. */
function routePath(path: string, exact = false): string | undefined {
  if (path.length > 1000) return 'is longer than 1000 characters';
  const problem = urlPath(path);
  return (problem === undefined || problem.startsWith('may hold') ? patternProblem(path, exact) : undefined) ?? problem;
}

const route: Grammar = (key) => {
  const match = /^(\S*) (.+)$/su.exec(key);
  if (!match) {
    if (key.startsWith('^~') || /^[=~]/.test(key))
      return 'needs a space after the sign: "= /exact", "~ regex", "~* regex"';
    return routePath(key);
  }
  const [, sign, rest = ''] = match;
  if (sign === '=') return routePath(rest, true);
  if (sign === '~' || sign === '~*') return regex(rest);
  return sign === '^~'
    ? 'uses ^~; a plain path is already matched by whole segments'
    : 'is not "/path", "= /exact", "~ regex" or "~* regex"';
};

function regex(text: string): string | undefined {
  if (text !== text.trim()) return 'has white space around its regular expression';
  if (/\(\?(?:P?<(?![=!])|')/.test(text))
    return 'has a named group, which would set a variable of nginx; use a plain group';
  if (text.length > 1000) return 'is longer than 1000 characters';
  return perlAlone.test(text) ? undefined : syntaxProblem(text);
}

/** What JavaScript does not know, and nginx's PCRE may: options, atomic groups, verbs, possessive and repeated quantifiers. */
const perlAlone = /\(\?[^:=!<]|\(\*|[*+?}][+{]|(?:\\[bB]|[\^$]|\(\?<?[=!][^()]*\))[*+?{]/;

function syntaxProblem(text: string): string | undefined {
  // JavaScript takes an empty class, where PCRE goes on to look for the end.
  if (/(?<!\\)(?:\\\\)*\[\^?\](?!.*\])/s.test(text)) return 'is not a regular expression: a [ has no end';
  try {
    new RegExp(text);
    return undefined;
  } catch (error) {
    const reason = /: ([^:]*)$/.exec(String(error))?.[1]?.toLowerCase() ?? 'its syntax is wrong';
    return `is not a regular expression: ${reason}`;
  }
}

const headerName: Grammar = (value) => {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(value)) return 'is not a header name of letters, digits and hyphens';
  return value.length > 46 ? "is longer than 46 characters, which nginx's table of headers has no room for" : undefined;
};

/** What `real_ip_header` finds an address in. Where it finds none, the client's address stays the balancer's. */
const addressHeader: Grammar = (value) => {
  if (value.toLowerCase() === 'proxy_protocol')
    return 'is no header; sites speak HTTP to a balancer, not the PROXY protocol';
  if (value.includes('_')) return 'has a _ in its name, and nginx drops such headers; let the balancer use another one';
  if (/^forwarded$/i.test(value))
    return 'can not be read by nginx (for=…); let the balancer send X-Forwarded-For as well';
  if (/^x-forwarded-(host|port|proto|server)$/i.test(value)) return 'holds no address of a client';
  return headerName(value);
};

const host: Grammar = (value) => (value.length > 1000 ? 'is longer than 253 characters' : hostProblem(value));

const mime = /^[A-Za-z0-9!#&^_.+-]{1,64}\/[A-Za-z0-9!#&^_.+-]{1,64}(; ?charset=[A-Za-z0-9-]{1,32})?$/;

const grammar: Readonly<Record<string, Grammar>> = {
  name,
  host,
  route,
  segment: (value) => (value === '/' ? 'is the whole site; a role has a path of its own' : routePath(value)),
  'backend-host': (value) => backendHostProblem(value.replace(/^\[|\]$/g, '')),
  address: (value) => problemOf(parseAddress(value)),
  resolver: (value) => {
    const address = parseAddress(/^(\[.*\]|[^:]*):\d+$/.test(value) ? value : `${value}:53`);
    if (typeof address === 'string') return address;
    if (isAddress(address.host)) return shortenedProblem(value);
    return 'is not the IP address of a DNS server';
  },
  upstream: (value) => (value.includes(':') || value.includes('/') ? problemOf(parseBackendUrl(value)) : name(value)),
  network: (value) => problemOf(parseNetwork(value)) ?? shortenedProblem(value),
  'listen-address': (value) => {
    if (value === '0.0.0.0') return 'is every IPv4 address; write "*"';
    if (value === '*' || isIpv4(value)) return undefined;
    if (/^unix:/.test(value))
      return 'is a unix socket; a site listens on *, an IPv4 address, or an IPv6 address in brackets';
    const six = /^\[.*\]$/.test(value) ? canonicalIpv6(value.slice(1, -1)) : undefined;
    if (six === undefined) return 'is not *, an IPv4 address, or an IPv6 address in brackets such as [::]';
    // Two spellings of one address would be two sockets in nginx's eyes, and refused.
    return value === `[${six}]` ? undefined : `is better known as [${six}]; write that`;
  },
  duration: (value) =>
    /^[1-9]\d{0,5}(ms|s|m|h|d)$/.test(value) ? undefined : 'is not a duration such as 500ms, 90s, 5m or 1h',
  seconds: (value) =>
    /^[1-9]\d{0,5}[smhd]$/.test(value) ? undefined : 'is not a duration in whole seconds such as 10s, 5m or 1h',
  'body-limit': (value) =>
    value === 'unlimited' || /^[1-9]\d{0,5}[kmg]$/.test(value)
      ? undefined
      : 'is not a size such as 64k, 32m or 1g, nor unlimited',
  'header-limit': (value) => {
    const size = Number(/^([1-9]\d{0,3})k$/.exec(value)?.[1]);
    return size >= 4 && size <= 1024 ? undefined : 'is not a size from 4k to 1024k such as 64k';
  },
  version,
  openssl: (value) =>
    /^(BoringSSL|LibreSSL|AWS-LC|0)$/.test(value)
      ? undefined
      : version(value) && 'is not a version such as 3.5.0, nor BoringSSL, LibreSSL or AWS-LC',
  fork: (value) =>
    /^(Angie|freenginx|OpenResty|Tengine)\/\d{1,3}(\.\d{1,3}){2,4}$/.test(value)
      ? undefined
      : 'is not a fork of nginx and its version, such as Angie/1.8.1, freenginx/1.27.2, OpenResty/1.27.1.1 or Tengine/3.1.0',
  target: (value) =>
    value === 'auto' || /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(value)
      ? undefined
      : 'is neither auto nor a version of nginx such as "1.26.3"',
  'file-path': filePath,
  'spec-path': specPath,
  certificate: oneOf('acme', 'self-signed'),
  'tls-profile': (value) => {
    if (/^(modern|intermediate)(@6\.0)?$/.test(value)) return undefined;
    if (/^old(@|$)/.test(value))
      return 'is no profile of guideline 6.0, which dropped it; clients that need it are no longer safe to serve';
    return /@/.test(value)
      ? 'names a guideline that keepgate does not ship; it ships 6.0'
      : 'is not modern or intermediate';
  },
  'acme-directory': (value) =>
    /^https:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~/-]*)?$/.test(value)
      ? undefined
      : oneOf('letsencrypt', 'letsencrypt-staging', 'zerossl', 'google')(value) &&
        'is not letsencrypt, letsencrypt-staging, zerossl, google, or an https URL',
  'mail-address': (value) =>
    /^[A-Za-z0-9.!#&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/.test(value) ? undefined : 'is not a mail address',
  challenge: (value) =>
    value === 'http-01' ? undefined : 'is not http-01; the other challenge is an object: {dns-01: {exec: ./hook}}',
  'common-name': freeText('a common name', 64),
  'header-name': headerName,
  'address-header': addressHeader,
  'header-value': freeText('a header value'),
  'passed-header': passProblem,
  text: freeText('a response body'),
  reason: (value) =>
    value.trim().length < 3 ? 'says nothing; write why that is right here' : freeText('a reason')(value),
  realm: (value) =>
    // Escaped twice: for HTTP and for nginx.
    value === 'off' ? "is the word that switches nginx's Basic authentication off" : freeText('a realm', 1000)(value),
  'media-type': (value) => (mime.test(value) ? undefined : 'is not a media type such as application/json'),
  'redirect-target': (value) => {
    if (value.includes('$')) return 'holds a $, which nginx would read as a variable';
    if (/^\/(?!\/)[A-Za-z0-9._~!&'()*+,=:@%/?#[\]-]{0,1000}$/.test(value)) return undefined;
    const match =
      /^https?:\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?(\/[A-Za-z0-9._~!&'()*+,=:@%/?#[\]-]{0,1000})?$/.exec(
        value,
      );
    if (!match) return 'is neither a path such as /new nor an http or https URL';
    const port = Number(match[2]?.slice(1) ?? 443);
    if (port < 1 || port > 65535) return `has port ${port}; ports go from 1 to 65535`;
    return hostProblem(match[1] ?? '');
  },
  raw: (value) => {
    const forbidden = forbiddenCharacter(value, '\n\t');
    if (forbidden) return `holds ${forbidden}`;
    return value.length > 16_384 ? 'is longer than 16 kB' : undefined;
  },
};

/** Formats whose strings may hold line feeds and tabs. */
export const multiLine: ReadonlySet<string> = new Set(['raw']);

/** The reason why a value is not of a format; undefined when it is. Begins with a verb: `"x" <reason>`. */
export function formatProblem(format: string, value: string): string | undefined {
  return grammar[format]?.(value);
}

/** What the compiled validator calls: format → whether a value is of it. */
export const formats: Readonly<Record<string, (value: string) => boolean>> = Object.fromEntries(
  Object.entries(grammar).map(([format, problem]) => [format, (value: string) => problem(value) === undefined]),
);

/** nginx does not read a `::` that stands for one group of an IPv6 address (RFC 5952, section 4.2.2, forbids it too). */
function shortenedProblem(text: string): string | undefined {
  const [address = ''] = /[0-9A-Fa-f:]*::[0-9A-Fa-f:.]*/.exec(text) ?? [];
  const six = canonicalIpv6(address);
  return six === undefined || six.includes('::') ? undefined : `has a :: that stands for one group; write ${six}`;
}

function oneOf(...words: readonly string[]): Grammar {
  return (value) => (words.includes(value) ? undefined : `is not ${words.join(' or ')}`);
}

function problemOf(parsed: unknown): string | undefined {
  return typeof parsed === 'string' ? parsed : undefined;
}
