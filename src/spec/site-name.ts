/** What a site is called that nobody named: as its host, in the letters that a name has. */
import { createHash } from 'node:crypto';
import { hostProblem, normalHost } from './address.ts';
import { longestName as longest } from './name.ts';

/**
 * Always the same for a host, and another one for each: `api.example.com`, `xn--bcher-kva.example`, `192.0.2.1`. A wildcard is
 * called `wildcard.example.com`; an IPv6 address has all of its groups, `2001-db8-0-0-0-0-0-1`. `site` for what is no host.
 */
export function siteNameOf(host: string): string {
  if (hostProblem(host) !== undefined) return 'site';
  const normal = normalHost(host);
  const name = normal.startsWith('[') ? groupsOf(normal.slice(1, -1)) : normal.replace('*', 'wildcard');
  if (name.length <= longest) return name;
  const mark = createHash('sha256').update(normal).digest('hex').slice(0, 8);
  return `${name.slice(0, longest - mark.length - 1).replace(/[.-]+$/, '')}-${mark}`;
}

/** The same as `siteNameOf`, or with a number where a site is called so already. */
export function freeSiteName(host: string, taken: Iterable<string>): string {
  const names = new Set(taken);
  const wanted = siteNameOf(host);
  let name = wanted;
  for (let count = 2; names.has(name); count++) name = `${wanted.slice(0, longest - 4)}-${count}`;
  return name;
}

function groupsOf(address: string): string {
  const [before = '', after] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const ends = after ?? [];
  const zeros = Array.from({ length: 8 - before.length - ends.length }, () => '0');
  return [...before, ...zeros, ...ends].join('-');
}
