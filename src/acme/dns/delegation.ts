/** Where the TXT record of a dns-01 challenge goes: RFC 8555 §8.4, and the CNAMEs that lead elsewhere from there. */
import { KeepgateError } from '../../diagnostic.ts';
import type { Lookup } from './lookup.ts';

/** As many as resolvers follow. */
const most = 16;

/**
 * The end of the chain of CNAMEs from `_acme-challenge.NAME`, in lower case and without the last dot.
 * @throws KeepgateError dns-lookup-failed, dns-delegation-endless (4)
 */
export async function challengeRecordName(name: string, lookup: Lookup): Promise<string> {
  const start = `_acme-challenge.${name}`;
  let at = start;
  for (let steps = 0; steps <= most; steps++) {
    const answer = await lookup.cname(at);
    if (answer.state === 'failed') throw lookupFailed(at, answer.reason);
    if (answer.state !== 'found') return at;
    at = (answer.records[0] ?? '').toLowerCase().replace(/\.$/, '');
  }
  throw new KeepgateError(4, {
    code: 'dns-delegation-endless',
    message: `the CNAME records from ${start} lead in a circle, or over more than ${most} steps`,
    help: `See where they lead with: dig CNAME ${start}`,
  });
}

function lookupFailed(name: string, reason: string): KeepgateError {
  return new KeepgateError(4, {
    code: 'dns-lookup-failed',
    message: `${name} can't be looked up: ${reason}`,
    help: 'Check /etc/resolv.conf and the name servers of the domain, or give another resolver.',
  });
}
