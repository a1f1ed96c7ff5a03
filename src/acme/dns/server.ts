/** The address of a DNS server. */
import { isIP } from 'node:net';
import { parseAddress } from '../../spec/address.ts';

export interface DnsServer {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host`, `host:port`, an IPv6 address, or `[v6]:port`; port 53 when none is said.
 * @throws Error when it is none of them
 */
export function dnsServer(text: string): DnsServer {
  if (isIP(text) !== 0) return { host: text, port: 53 };
  const address = parseAddress(/:\d+$/.test(text) ? text : `${text}:53`);
  if (typeof address === 'string') throw new Error(`${text} ${address}`);
  return address;
}

/** As `Resolver.setServers` and people write it. */
export function shownServer({ host, port }: DnsServer): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
