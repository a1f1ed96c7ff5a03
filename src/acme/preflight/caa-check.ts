import type { Diagnostic } from '../../diagnostic.ts';
import type { Lookup } from '../dns/lookup.ts';
import { type CaaRequest, caaProblem, relevantCaa } from './caa.ts';

/** What the CAA records for a name mean to a CA. The message names their domain, so that many names come to one finding. */
export async function checkCaa(
  name: string,
  caa: Lookup['caa'],
  request: Omit<CaaRequest, 'wildcard'>,
): Promise<Diagnostic[]> {
  const wildcard = name.startsWith('*.');
  const found = await relevantCaa(name.replace(/^\*\./, ''), caa);
  if (found.state === 'failed') {
    const message = `whether ${found.domain} has CAA records can't be found out: ${found.reason}`;
    const help = 'A CA does not issue when it gets no answer either. Check the name servers of the domain.';
    return [{ code: 'caa-unknown', severity: 'warning', message, help }];
  }
  const problem = found.state === 'found' ? caaProblem(found.records, { ...request, wildcard }) : undefined;
  if (found.state === 'none' || problem === undefined) return [];
  const own = request.identities[0] ?? '';
  const what = wildcard ? ' wildcards' : '';
  const message = `the CAA records of ${found.domain} forbid${what} to ${own}: ${problem}`;
  const help = `Add to the zone: ${found.domain}. CAA 0 ${wildcard ? 'issuewild' : 'issue'} "${own}"`;
  return [{ code: 'caa-forbids', severity: 'error', message, help }];
}
