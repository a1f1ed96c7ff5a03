/** Whether the CAA records of a domain let a CA issue: RFC 8659, with the parameters of RFC 8657. */
import type { CaaRecord } from 'node:dns';
import { printable } from '../../nginx/printable.ts';
import type { Answer, Lookup } from '../dns/lookup.ts';

export type CaaSet =
  | { readonly state: 'found'; readonly domain: string; readonly records: readonly CaaRecord[] }
  | { readonly state: 'none' }
  | { readonly state: 'failed'; readonly domain: string; readonly reason: string };

/** The records that count for a name: its own, or those of the closest domain above that has any (RFC 8659 §3). */
export async function relevantCaa(name: string, caa: Lookup['caa']): Promise<CaaSet> {
  const labels = name.split('.');
  for (let skipped = 0; skipped < labels.length; skipped++) {
    const domain = labels.slice(skipped).join('.');
    const answer: Answer<CaaRecord> = await caa(domain);
    if (answer.state === 'found') return { state: 'found', domain, records: answer.records };
    if (answer.state === 'failed') return { state: 'failed', domain, reason: answer.reason };
  }
  return { state: 'none' };
}

export interface CaaRequest {
  /** The domains that mean the CA: `caaIdentities` of its directory (RFC 8555 §9.7.6). */
  readonly identities: readonly string[];
  readonly wildcard: boolean;
  readonly method: 'http-01' | 'dns-01';
  readonly accountUrl?: string | undefined;
}

const known = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']);

/** Why the records forbid the certificate, as a clause; undefined when they permit it. */
export function caaProblem(records: readonly CaaRecord[], request: CaaRequest): string | undefined {
  const properties = records.map(propertyOf);
  const strange = properties.find(({ tag, critical }) => critical && !known.has(tag));
  if (strange) return `they have the critical property "${printable(strange.tag, 20)}", which no CA knows`;
  const issue = properties.filter(({ tag }) => tag === 'issue');
  const wild = properties.filter(({ tag }) => tag === 'issuewild');
  const counted = request.wildcard && wild.length > 0 ? wild : issue;
  if (counted.length === 0) return undefined;
  const values = counted.map(({ value }) => parseValue(value));
  const ours = values.filter(({ domain }) => request.identities.some((own) => own.toLowerCase() === domain));
  if (ours.length === 0) return `they permit ${listed(values.map(({ domain }) => domain))}`;
  if (ours.some((value) => !constraintOf(value, request))) return undefined;
  return ours.map((value) => constraintOf(value, request))[0];
}

interface Value {
  /** Empty for `;`: nobody. */
  readonly domain: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** RFC 8657: the account, and the ways of validation, that the domain insists on. */
function constraintOf({ parameters }: Value, { method, accountUrl }: CaaRequest): string | undefined {
  const methods = parameters.get('validationmethods');
  if (
    methods !== undefined &&
    !methods
      .toLowerCase()
      .split(',')
      .map((each) => each.trim())
      .includes(method)
  )
    return `they permit ${printable(methods, 60)} alone, and this is ${method}`;
  const account = parameters.get('accounturi');
  if (account !== undefined && accountUrl !== undefined && account !== accountUrl)
    return 'they name another account (accounturi)';
  return undefined;
}

/** Node gives `{critical: 0, issue: 'letsencrypt.org; validationmethods=dns-01'}`. */
function propertyOf(record: CaaRecord): { tag: string; value: string; critical: boolean } {
  const [tag = '', value = ''] =
    Object.entries(record).find(([key, entry]) => key !== 'critical' && typeof entry === 'string') ?? [];
  return { tag: tag.toLowerCase(), value: String(value), critical: (record.critical & 128) !== 0 };
}

function parseValue(text: string): Value {
  const [domain = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = rest.map((part): [string, string] => {
    const at = part.indexOf('=');
    return at < 0 ? [part, ''] : [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
  });
  return { domain: domain.toLowerCase(), parameters: new Map(parameters) };
}

function listed(domains: readonly string[]): string {
  const some = [...new Set(domains.filter((domain) => domain !== ''))].map((domain) => printable(domain, 60));
  return some.length === 0 ? 'nobody' : `${some.join(', ')} alone`;
}
