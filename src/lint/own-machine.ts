/** What a spec tells about the machine that nginx runs on: its addresses, its names, and where nginx itself listens. */
import type { ExpandedSite } from '../model/expand.ts';
import { isLoopback } from '../spec/address.ts';
import type { LintedSite } from './rule.ts';

export class OwnMachine {
  readonly #names = new Set<string>();
  readonly #sockets = new Map<string, ExpandedSite>();
  readonly #ports = new Map<number, ExpandedSite>();

  constructor(sites: readonly Pick<LintedSite, 'site' | 'expanded'>[]) {
    const seen = new Set<object>(); // most sites share the options that are built in
    for (const { site, expanded } of sites) {
      const { listen } = expanded.options;
      for (const host of site.hosts) this.#names.add(bare(host));
      if (seen.has(listen)) continue;
      seen.add(listen);
      for (const text of listen.addresses) {
        const address = bare(text);
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

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
