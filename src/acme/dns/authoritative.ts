/** The authoritative name servers for a name. */
import type { Lookup } from './lookup.ts';
import type { DnsServer } from './server.ts';

/**
 * All addresses of the name servers of the closest zone above a name, or of the name itself; empty when nobody knows.
 * @param port 53, but in tests
 */
export async function nameServers(name: string, lookup: Lookup, port = 53): Promise<DnsServer[]> {
  const labels = name.split('.');
  for (let skipped = 0; skipped < labels.length; skipped++) {
    const answer = await lookup.ns(labels.slice(skipped).join('.'));
    if (answer.state === 'found') return addressesOf(answer.records, lookup, port);
  }
  return [];
}

async function addressesOf(hosts: readonly string[], lookup: Lookup, port: number): Promise<DnsServer[]> {
  const answers = await Promise.all(hosts.flatMap((host) => [lookup.a(host), lookup.aaaa(host)]));
  const addresses = answers.flatMap((answer) => (answer.state === 'found' ? answer.records : []));
  return [...new Set(addresses)].map((host) => ({ host, port }));
}
