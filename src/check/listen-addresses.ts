/** The sandbox has no network but loopback: what nginx says of the machine's addresses is answered here. */
import { networkInterfaces } from 'node:os';
import type { Diagnostic } from '../diagnostic.ts';
import { type ExpandedSite, placeOf } from '../model/expand.ts';
import type { NginxMessage } from '../nginx/output.ts';
import { canonicalIpv6 } from '../spec/address.ts';
import type { Places } from '../spec/load.ts';

const cannotAssign = /^bind\(\) to (.+):\d+ failed \(99: /;

/**
 * Whether nginx stopped only because an address is not there to listen on. It listens when all else is read, opened and
 * found right, so that is a pass.
 */
export function onlyLacksAddress(messages: readonly NginxMessage[]): boolean {
  const fatal = messages.filter(({ level }) => level === 'emerg');
  return fatal.length > 0 && fatal.every(({ text }) => cannotAssign.test(text));
}

export function isLackOfAddress({ text }: NginxMessage): boolean {
  return cannotAssign.test(text);
}

/** The addresses that sites listen on and that this machine does not have: nginx would not start here. */
export function foreignAddresses(sites: readonly ExpandedSite[], places: Places): Diagnostic[] {
  const own = Object.values(networkInterfaces()).flatMap((some) => (some ?? []).map(({ address }) => address));
  const here = new Set(['*', '0.0.0.0', '[::]', ...own.map((address) => canonicalIpv6(address) ?? address)]);
  return sites.flatMap((site) =>
    site.options.listen.addresses
      .filter((address) => !here.has(address) && !here.has(canonicalIpv6(address.slice(1, -1)) ?? address))
      .map((address): Diagnostic => {
        const at = placeOf(places, site, ['listen', 'addresses']);
        const message = `${address} is not an address of this machine: nginx starts only where it is one`;
        return { code: 'address-not-here', severity: 'info', message, ...(at && { at }) };
      }),
  );
}
