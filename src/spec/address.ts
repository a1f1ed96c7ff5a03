/** Hosts, addresses and networks as text: what each means, and what is wrong with it. Pure: nothing is resolved. */
import { domainToASCII } from 'node:url';

const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

export function isIpv4(text: string): boolean {
  return ipv4.test(text) && !/(?:^|\.)0\d/.test(text);
}

/** The canonical form of an IPv6 address without brackets (RFC 5952), undefined when it is none. */
export function canonicalIpv6(text: string): string | undefined {
  if (!text.includes(':') || !/^[0-9A-Fa-f:.]{2,45}$/.test(text)) return undefined;
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
}

/** Whether a host is an IP address; IPv6 with or without brackets. */
export function isAddress(host: string): boolean {
  return isIpv4(host) || canonicalIpv6(host.replace(/^\[(.*)\]$/, '$1')) !== undefined;
}

/**
 * A host name as nginx's `server_name` and a certificate hold it: lower case, punycode, no trailing dot, IPv6 in brackets.
 * The input has passed `hostProblem`.
 */
export function normalHost(host: string): string {
  const bare = host.replace(/\.$/, '');
  if (bare.includes(':')) return `[${canonicalIpv6(bare.replace(/^\[|\]$/g, ''))}]`;
  return bare.startsWith('*.') ? `*.${domainToASCII(bare.slice(2))}` : domainToASCII(bare);
}

/** Why a text is no public host name; undefined when it is one. RFC 1123 §2.1, RFC 5891. */
export function hostProblem(host: string): string | undefined {
  if (host === '') return 'is empty; a host is a name such as api.example.com';
  if (host === '_' || host.startsWith('~') || host.startsWith('^'))
    return 'is not a host name; regular expressions and catch-all names have no place here, list the names';
  if (host.startsWith('.')) return `begins with a dot; write "${host.slice(1)}" and "*${host}"`;
  if (host.includes('://')) return 'is a URL; a host is the name alone';
  if (host.includes(':') || host.startsWith('[')) {
    if (canonicalIpv6(host.replace(/^\[(.*)\]$/, '$1'))) return undefined;
    return /:\d+$/.test(host) ? 'has a port; ports belong to listen' : 'is not an IPv6 address';
  }
  const bare = host.replace(/\.$/, '');
  const name = bare.startsWith('*.') ? bare.slice(2) : bare;
  if (name.includes('*')) return 'has a * inside; only a whole first label can be *';
  if (isIpv4(name)) return bare === name ? undefined : 'is an address with a wildcard';
  const ascii = asciiName(name);
  if (ascii === undefined) return 'is not a host name; it may hold letters, digits, hyphens and dots';
  if (ascii.length > 253) return 'is longer than 253 characters';
  const labels = ascii.split('.');
  for (const label of labels) {
    if (label === '') return 'has an empty label (two dots in a row)';
    if (label.length > 63) return 'has a label of more than 63 characters';
    if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label))
      return `has the label "${label}"; a label holds letters, digits and inner hyphens`;
  }
  const last = labels.at(-1) ?? '';
  if (/^(?:0x[0-9a-f]*|\d+)$/.test(last)) return 'ends in a number but is not an IPv4 address';
  if (bare.startsWith('*.') && labels.length < 2) return 'is a wildcard over a whole top-level domain';
  return undefined;
}

function asciiName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (/^[a-z0-9.-]*$/.test(lower) && !lower.includes('xn--')) return lower;
  if (/[\s/?#@:%\\[\]<>^|"'`{}$;,!&()*+=~_]/.test(name)) return undefined;
  return domainToASCII(name) || undefined;
}

export interface Address {
  /** A name (lower case, punycode), an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`; a reason when it can't be. */
export function parseAddress(text: string): Address | string {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (!match) {
    if (/^unix:/.test(text)) return 'is a unix socket; backends are reached over TCP: host:port';
    if (/^[^:]+$/.test(text)) return `has no port; write "${text}:8080"`;
    return 'is not host:port';
  }
  const [, six, other = '', digits = ''] = match;
  const port = Number(digits);
  if (port < 1 || port > 65535) return `has port ${digits}; ports go from 1 to 65535`;
  const host = six === undefined ? other : canonicalIpv6(six);
  if (host === undefined) return 'is not an IPv6 address';
  const problem = backendHostProblem(host);
  return problem ?? { host: six === undefined ? domainToASCII(host) : host, port };
}

/** Why a text can't be the host of a backend; undefined when it can. Internal names may have underscores. */
export function backendHostProblem(host: string): string | undefined {
  if (host === '') return 'has no host';
  if (isMetadataAddress(host))
    return 'is a link-local address, where clouds keep their metadata service; it is never a backend';
  if (canonicalIpv6(host)?.startsWith('::ffff:')) return 'is an IPv4 address in IPv6 form; write the IPv4 address';
  if (host.endsWith('.')) return 'ends in a dot; write it without';
  if (host === '0.0.0.0' || host === '::') return 'is the unspecified address; write 127.0.0.1';
  if (host.includes('*')) return 'has a wildcard; a backend is one host';
  return hostProblem(host.replaceAll('_', '-'));
}

function isMetadataAddress(host: string): boolean {
  if (/^169\.254\./.test(host) && isIpv4(host)) return true;
  const six = canonicalIpv6(host);
  if (six === undefined) return false;
  return /^fe[89ab]/.test(six) || six === 'fd00:ec2::254' || /^::ffff:a9fe:/.test(six);
}

export interface Backend extends Address {
  readonly scheme: 'http' | 'https';
}

/** Reads `http://host[:port]`; a reason when it can't be. A single trailing slash says nothing and is let pass. */
export function parseBackendUrl(text: string): Backend | string {
  const match = /^(https?):\/\/([^/?#]*)(.*)$/.exec(text);
  if (!match) return 'is not an http or https URL';
  const [, scheme, authority = '', rest = ''] = match;
  if (authority.includes('@')) return 'holds a user name or password; secrets never stand in a spec';
  if (authority.startsWith('unix:')) return 'is a unix socket; backends are reached over TCP';
  if (rest !== '' && rest !== '/') return 'has a path; requests are passed on with the path that they came with';
  const secure = scheme === 'https';
  const address = parseAddress(/:\d+$/.test(authority) ? authority : `${authority}:${secure ? 443 : 80}`);
  return typeof address === 'string' ? address : { ...address, scheme: secure ? 'https' : 'http' };
}

/** What /etc/hosts of the distributions calls 127.0.0.1 and ::1, and all below localhost (RFC 6761, section 6.3). */
const loopbackName =
  /^(?:(?:.+\.)?localhost(?:\.localdomain)?|localhost[46](?:\.localdomain[46])?|ip6-(?:localhost|loopback)|loopback)\.?$/i;

/** Whether a host is this machine itself, by its address or by a name that means it everywhere; IPv6 with or without brackets. */
export function isLoopback(host: string): boolean {
  if (loopbackName.test(host)) return true;
  if (isIpv4(host)) return host.startsWith('127.');
  const six = canonicalIpv6(host.replace(/^\[(.*)\]$/, '$1'));
  return six === '::1' || /^::(?:ffff:)?7f[0-9a-f]{2}:/.test(six ?? '');
}

/** First and last address of a network as numbers, IPv4 in 32 bits and IPv6 in 128. */
export interface Network {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Reads an address or a CIDR block (RFC 4632 §3.1); a reason when it can't be. */
export function parseNetwork(text: string): Network | string {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const host = match?.[1] ?? '';
  const family = isIpv4(host) ? 4 : canonicalIpv6(host) ? 6 : undefined;
  if (text === 'all') return 'is no address; to close a route for everyone: respond: {status: 403}';
  if (!match || family === undefined) return 'is not an IP address or a network such as 10.0.0.0/8';
  const bits = family === 4 ? 32 : 128;
  const prefix = match[2] === undefined ? bits : Number(match[2]);
  if (prefix > bits) return `has a prefix of ${prefix} bits; an IPv${family} address has ${bits}`;
  const value = family === 4 ? ipv4Value(host) : ipv6Value(host);
  const rest = (1n << BigInt(bits - prefix)) - 1n;
  if ((value & rest) !== 0n) {
    const network = family === 4 ? `${ipv4Text(value & ~rest)}/${prefix}` : undefined;
    return `has bits set behind its prefix; write ${network ?? 'the first address of the network'}, or the address alone`;
  }
  return { family, first: value, last: value | rest };
}

function ipv4Value(text: string): bigint {
  return text.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
}

function ipv4Text(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
}

function ipv6Value(text: string): bigint {
  const [head = '', tail] = (canonicalIpv6(text) ?? '::').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(zeros).fill('0'), ...right];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** Whether networks cover at least half of all addresses of a family: a list that restricts nobody. */
export function coversEveryone(networks: readonly string[]): boolean {
  if (networks.length === 0) return false;
  for (const family of [4, 6] as const) {
    const parsed = networks
      .map(parseNetwork)
      .filter((network): network is Network => typeof network !== 'string' && network.family === family)
      .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
    let covered = 0n;
    let next = 0n;
    for (const { first, last } of parsed) {
      const from = first > next ? first : next;
      if (last < from) continue;
      covered += last - from + 1n;
      next = last + 1n;
    }
    if (covered >= 1n << (family === 4 ? 31n : 127n)) return true;
  }
  return false;
}
