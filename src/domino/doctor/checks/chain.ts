import type { Diagnostic } from '../../../diagnostic.ts';
import { addressOf, handshake, isOpen, namesOf, statusOf } from '../reach.ts';
import type { Check, Subject } from '../subject.ts';

/** Whether clients get through: the chain verifies for each host name, and the proxy has an answer of the API's. */
export const chain: Check = async (subject) => {
  const found: Diagnostic[] = [];
  const closed = new Set<string>();
  for (const name of namesOf(subject)) {
    const address = addressOf(subject, name);
    if (closed.has(address)) continue;
    const wrong = await problemFor(subject, name, address);
    if (wrong?.code === 'domino-https-closed') closed.add(address);
    if (wrong) found.push(wrong);
  }
  if (found.length > 0) return found;
  const [name] = subject.hosts;
  const status = subject.proxy || subject.fromOutside ? await statusOf(subject, name) : undefined;
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

async function problemFor(subject: Subject, name: string, address: string): Promise<Diagnostic | undefined> {
  const { httpsPort, timeLimit } = subject;
  if (!(await isOpen(address, httpsPort, timeLimit)))
    return {
      code: 'domino-https-closed',
      severity: 'error',
      message: `nothing answers on port ${httpsPort} of ${address}, where clients of ${name} go`,
      help: 'See whether nginx, or the API with its own TLS, runs and listens there, and what the firewall lets through.',
    };
  const { distrust, certificate } = await handshake(subject, address, httpsPort, name);
  if (distrust === undefined) return undefined;
  if (!certificate)
    return {
      code: 'domino-chain-unverified',
      severity: 'error',
      message: `there is no TLS handshake on port ${httpsPort} for ${name}: ${distrust}`,
      help: 'Clients get no certificate at all. See what listens there (sudo ss -ltnp), and its log.',
    };
  return {
    code: 'domino-chain-unverified',
    severity: 'error',
    message: `clients don't trust the certificate that port ${httpsPort} shows them for ${name}: ${distrust}`,
    help: 'Serve the full chain of a certificate for that name. A CA that this machine does not trust is named with --ca-file.',
  };
}
