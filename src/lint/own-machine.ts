/** What a spec tells about the machine that nginx runs on: its addresses, its names, and where nginx itself listens. */
import type { ExpandedSite } from '../model/expand.ts';
import { canonicalIpv6, isLoopback, normalHost } from '../spec/address.ts';
import type { LintedSite } from './rule.ts';

export class OwnMachine {
  readonly #names = new Set<string>();
  readonly #sockets = new Map<string, ExpandedSite>();
  readonly #ports = new Map<number, ExpandedSite>();

  constructor(sites: readonly LintedSite[]) {
    for (const { expanded } of sites) {
      const { hosts, listen } = expanded.options;
      for (const host of hosts) this.#names.add(bare(normalHost(host)));
      for (const text of listen.addresses) {
        const address = canonicalAddress(text);
        if (address !== '*' && address !== '::') this.#names.add(address);
        for (const port of [listen.http, listen.https]) {
          const socket = `${address} ${port}`;
          if (!this.#sockets.has(socket)) this.#sockets.set(socket, expanded);
          if (!this.#ports.has(port)) this.#ports.set(port, expanded);
        }
      }
    }
  }

  /** Whether a backend's host is this machine, as far as the spec can tell. */
  is(host: string): boolean {
    return isLoopback(host) || this.#names.has(host);
  }

  /** The site whose nginx would answer at a backend's address; undefined when none would. */
  siteAt(host: string, port: number): ExpandedSite | undefined {
    if (!this.is(host)) return undefined;
    const address = host === 'localhost' ? '127.0.0.1' : host;
    const family = /^[\d.]+$/.test(address) ? '*' : '::';
    const isName = family === '::' && !address.includes(':');
    if (isName) return this.#ports.get(port);
    return this.#sockets.get(`${address} ${port}`) ?? this.#sockets.get(`${family} ${port}`);
  }

  /** The same text for every way to write an address and port of this machine, for comparison. */
  endpoint(host: string, port: number): string {
    return `${this.is(host) ? 'here' : host} ${port}`;
  }
}

function canonicalAddress(text: string): string {
  return canonicalIpv6(bare(text)) ?? text;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
