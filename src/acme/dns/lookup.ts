/** What the resolver says about a name; failures are results. */
import { type CaaRecord, promises } from 'node:dns';
import { dnsServer, shownServer } from './server.ts';

/**
 * `none`: the name exists, but has no record of that type. `missing`: there is no such name (NXDOMAIN). `failed`: nobody
 * knows, with the reason as a clause.
 */
export type Answer<T> =
  | { readonly state: 'found'; readonly records: readonly T[] }
  | { readonly state: 'none' | 'missing' }
  | { readonly state: 'failed'; readonly reason: string };

export interface Lookup {
  a(name: string): Promise<Answer<string>>;
  aaaa(name: string): Promise<Answer<string>>;
  cname(name: string): Promise<Answer<string>>;
  ns(name: string): Promise<Answer<string>>;
  caa(name: string): Promise<Answer<CaaRecord>>;
  txt(name: string): Promise<Answer<string>>;
}

/**
 * Asks the resolver of the system, or the one named (`host:port`), as the outside would: /etc/hosts plays no part.
 * An aborted signal ends all questions, which fail then.
 */
export function lookupThrough(resolver?: string, signal?: AbortSignal): Lookup {
  const dns = new promises.Resolver({ timeout: 1_500, tries: 2 });
  if (resolver !== undefined) dns.setServers([shownServer(dnsServer(resolver))]);
  signal?.addEventListener('abort', () => dns.cancel(), { once: true });
  return {
    a: (name) => answer(dns.resolve4(name)),
    aaaa: (name) => answer(dns.resolve6(name)),
    cname: (name) => answer(dns.resolveCname(name)),
    ns: (name) => answer(dns.resolveNs(name)),
    caa: (name) => answer(dns.resolveCaa(name)),
    txt: (name) => answer(dns.resolveTxt(name).then((records) => records.map((chunks) => chunks.join('')))),
  };
}

const reasons: Readonly<Record<string, string>> = {
  ESERVFAIL: 'the resolver failed (SERVFAIL), most often because the name servers of the domain do not answer',
  EREFUSED: 'the resolver refused the question',
  ETIMEOUT: 'the resolver did not answer in time',
  ECONNREFUSED: 'no resolver answers',
  ECANCELLED: 'the resolver did not answer in time',
};

async function answer<T>(question: Promise<T[]>): Promise<Answer<T>> {
  try {
    const records = await question;
    return records.length > 0 ? { state: 'found', records } : { state: 'none' };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENODATA') return { state: 'none' };
    if (code === 'ENOTFOUND') return { state: 'missing' };
    return { state: 'failed', reason: reasons[code] ?? code };
  }
}
