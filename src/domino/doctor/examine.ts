/** Everything that can be seen of a REST API and what stands in front of it. */
import type { Diagnostic } from '../../diagnostic.ts';
import { chain } from './checks/chain.ts';
import { closedPorts } from './checks/closed-ports.ts';
import { cors } from './checks/cors.ts';
import { dataPort } from './checks/data-port.ts';
import { exposedPorts } from './checks/exposed-ports.ts';
import { keyStore } from './checks/key-store.ts';
import { limits } from './checks/limits.ts';
import { managementAddress } from './checks/management-url.ts';
import { servedCertificate } from './checks/served-certificate.ts';
import type { Check, Subject } from './subject.ts';

const checks: readonly Check[] = [
  ...[closedPorts, exposedPorts, dataPort, keyStore, chain, servedCertificate, managementAddress, limits, cors],
];

/** In the order of the checks; none for what is healthy. Only looks: nothing is changed, nobody logs in. */
export async function examine(subject: Subject): Promise<readonly Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const check of checks) found.push(...(await check(subject)));
  return found;
}
