import type { Diagnostic } from '../../../diagnostic.ts';
import { portsInside } from '../ports-inside.ts';
import { addressOf, isOpen } from '../reach.ts';
import type { Check } from '../subject.ts';

/** From outside, only the port of the public may be open: an answer 4xx of another is a hole already. */
export const closedPorts: Check = async (subject) => {
  const { fromOutside, timeLimit } = subject;
  if (!fromOutside) return [];
  const found = await Promise.all(
    portsInside(subject).map(async ({ role, port }): Promise<Diagnostic[]> => {
      if (!(await isOpen(addressOf(subject), port, timeLimit))) return [];
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
