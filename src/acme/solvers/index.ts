/** From a choice to its solver. */

import { dnsExec } from './dns-exec.ts';
import { type DnsOptions, dnsRfc2136 } from './dns-rfc2136.ts';
import { httpStandalone } from './http-standalone.ts';
import { httpWebroot } from './http-webroot.ts';
import type { ChallengeChoice, Solver } from './solver.ts';

/**
 * The solver of a choice that leaves nothing open.
 * @throws KeepgateError tsig-key-not-usable (4)
 */
export function solverOf(choice: Exclude<ChallengeChoice, 'http-01'>, dns: DnsOptions = {}): Solver {
  if ('webroot' in choice) return httpWebroot(choice.webroot);
  if ('standalone' in choice) return httpStandalone(choice.standalone);
  const way = choice['dns-01'];
  return 'exec' in way ? dnsExec(way.exec, dns) : dnsRfc2136(way.rfc2136, dns);
}
