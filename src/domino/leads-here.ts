/** Whether the host name of the management port leads to where that port listens. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Diagnostic } from '../diagnostic.ts';
import { codeOf } from '../files/errno.ts';

/** The machine that names and addresses are asked of. */
export interface Machine {
  /** The addresses of a name, as a program on this machine gets them. Rejects when there are none. */
  readonly addressesOf: (name: string) => Promise<readonly string[]>;
  readonly ownAddresses: () => readonly string[];
}

export const thisMachine: Machine = {
  addressesOf: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  ownAddresses: () => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
};

/** An error when it doesn't. `bound`: the configured HOST; without it the port listens on every address. */
export async function leadsHere(host: string, bound: string | undefined, machine: Machine): Promise<Diagnostic[]> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const addresses = await addressesOf(name, machine);
  if (addresses.length === 0) return [unresolved(`the host name ${host} can't be resolved on this machine`, host)];
  const everywhere = bound === undefined || bound === '' || bound === '0.0.0.0' || bound === '::';
  const listening = everywhere ? machine.ownAddresses() : await addressesOf(bound, machine);
  if (addresses.some((address) => listening.includes(address) || (everywhere && isLocal(address)))) return [];
  const where = everywhere ? 'which is not this machine' : `and the API listens on ${bound} (HOST)`;
  return [unresolved(`the host name ${host} leads to ${addresses.join(', ')}, ${where}`, host)];
}

async function addressesOf(name: string, { addressesOf }: Machine): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  try {
    return await addressesOf(name);
  } catch (error) {
    if (codeOf(error) === '') throw error;
    return [];
  }
}

const isLocal = (address: string): boolean => address.startsWith('127.') || address === '::1';

const unresolved = (message: string, host: string): Diagnostic => ({
  code: 'domino-host-elsewhere',
  severity: 'error',
  message,
  help: `Domino's own task calls the management port by that name. A line in /etc/hosts does it: ADDRESS ${host}. With --no-lookup it isn't looked at.`,
});
