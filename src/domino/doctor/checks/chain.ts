import { handshake, isOpen, statusOf } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether clients get through: the chain verifies for the host name, and the proxy has an answer of the API's. */
export const chain: Check = async (subject) => {
  const { hosts, address, httpsPort, timeLimit, proxy } = subject;
  const [name] = hosts;
  if (!(await isOpen(address, httpsPort, timeLimit)))
    return [
      {
        code: 'domino-https-closed',
        severity: 'error',
        message: `nothing answers on port ${httpsPort} of ${address}, where clients of ${name} go`,
        help: 'See whether nginx, or the API with its own TLS, runs and listens there, and what the firewall lets through.',
      },
    ];
  const { distrust } = await handshake(subject, address, httpsPort);
  if (distrust !== undefined)
    return [
      {
        code: 'domino-chain-unverified',
        severity: 'error',
        message: `clients don't trust what port ${httpsPort} shows them for ${name}: ${distrust}`,
        help: 'Serve the full chain of a certificate for that name. A CA of your own is named with --ca-file.',
      },
    ];
  const status = proxy || subject.fromOutside ? await statusOf(subject) : undefined;
  if (status === undefined || ![502, 503, 504].includes(status)) return [];
  return [
    {
      code: 'domino-proxy-no-answer',
      severity: 'error',
      message: `https://${name} answers ${status}: the proxy gets no answer of the API`,
      help: "See nginx's error log, and whether the task restapi runs.",
    },
  ];
};
