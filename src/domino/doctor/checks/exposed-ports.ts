import { isLoopback } from '../../../spec/address.ts';
import { notRestarted } from '../not-restarted.ts';
import { portsInside } from '../ports-inside.ts';
import { isOpen } from '../reach.ts';
import type { Check } from '../subject.ts';

/**
 * On the machine that proxy and API share nothing but the proxy needs to reach the ports, so each that takes connections for
 * another address than loopback is one that a firewall alone keeps closed. With TLS of its own, or with the proxy elsewhere, HOST
 * can't be loopback: then only a look from outside tells.
 */
export const exposedPorts: Check = async (subject) => {
  const { fromOutside, proxy, installation, ownAddresses, timeLimit } = subject;
  if (fromOutside || !proxy || !isLoopback(proxy.backend)) return [];
  const listening = await Promise.all(
    portsInside(subject).map(async ({ role, port }) => {
      const open = await Promise.all(ownAddresses.map((address) => isOpen(address, port, timeLimit)));
      return { name: `${role} ${port}`, address: ownAddresses[open.indexOf(true)] };
    }),
  );
  const exposed = listening.filter(({ address }) => address !== undefined);
  const [first] = exposed;
  if (!first) return [];
  const host = installation?.host;
  const names = exposed.map(({ name }) => name).join(', ');
  if (host && isLoopback(host.value))
    return [
      notRestarted(`ports of the API listen on ${first.address} (${names}), and HOST is ${host.value} in ${host.from}`),
    ];
  return [
    {
      code: 'domino-port-exposed',
      severity: 'warning',
      message: `ports of the API listen on ${first.address} too, not on loopback alone: ${names}`,
      help: 'HOST 127.0.0.1 closes them to all but the proxy: keepgate domino proxy. What a firewall keeps closed shows --from-outside elsewhere.',
    },
  ];
};
