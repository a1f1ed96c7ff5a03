import type { Diagnostic } from '../../../diagnostic.ts';
import { isOpen } from '../reach.ts';
import type { Check } from '../subject.ts';

/** The event bus. */
const firehose = 42_424;

/** From outside, only the port of the public may be open: an answer 4xx of another is a hole already. */
export const closedPorts: Check = async ({ fromOutside, address, ports, httpsPort, timeLimit }) => {
  if (!fromOutside) return [];
  const inside = [
    ['management', ports.management],
    ['metrics', ports.metrics],
    ['health', ports.health],
    ['data', ports.data],
    ['event', firehose],
  ] as const;
  const found = await Promise.all(
    inside.map(async ([role, port]): Promise<Diagnostic[]> => {
      if (port === httpsPort || !(await isOpen(address, port, timeLimit))) return [];
      const message =
        role === 'data'
          ? `the data port ${port} is open to the outside, past the proxy and its TLS`
          : `the ${role} port ${port} is open to the outside`;
      return [{ code: 'domino-port-open', severity: 'error', message, help }];
    }),
  );
  return found.flat();
};

const help =
  'Close it in the firewall; where proxy and API share the machine, HOST 127.0.0.1 closes all of them (keepgate domino proxy).';
