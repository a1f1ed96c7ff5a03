/** Looks, before a CA is asked, at what the CA will look at: a failed validation counts against a limit, this does not. */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Diagnostic } from '../../diagnostic.ts';
import { type Lookup, lookupThrough } from '../dns/lookup.ts';
import type { Challenge, Solver } from '../solvers/solver.ts';
import { checkCaa } from './caa-check.ts';
import { checkHttp, type HttpOptions } from './http.ts';

export interface PreflightOptions extends Pick<HttpOptions, 'publicCa' | 'connectTo'> {
  /** `host:port`; without it, the system's. */
  readonly resolver?: string | undefined;
  /** `caaIdentities` of the directory; CAA is not looked at without any. */
  readonly caaIdentities?: readonly string[] | undefined;
  readonly accountUrl?: string | undefined;
  /** Milliseconds for all of it: 8 seconds by default. */
  readonly timeLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Presents an answer of its own through the solver and asks for it at every address of every name, all at once; reads CAA
 * records. Errors are what no CA can get past; warnings what may look otherwise from outside. Call `prepare` of the solver
 * before.
 * @throws KeepgateError what the solver can't do (4); the signal's reason when it is aborted
 */
export async function preflight(
  names: readonly string[],
  solver: Solver,
  options: PreflightOptions = {},
): Promise<Diagnostic[]> {
  const { resolver, timeLimit = 8_000, caaIdentities: identities = [], accountUrl } = options;
  const limit = AbortSignal.timeout(timeLimit);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const lookup = remembering(lookupThrough(resolver, signal));
  const probe = solver.type === 'http-01' ? makeProbe() : undefined;
  if (probe) await solver.present(probe, options.signal);
  try {
    const findings = await Promise.all(
      names.map(async (name) => {
        const request = { identities, method: solver.type, accountUrl };
        const [http, caa] = await Promise.all([
          probe ? checkHttp(name, probe, { ...options, lookup, signal }) : [],
          isIP(name) === 0 && identities.length > 0 ? checkCaa(name, lookup.caa, request) : [],
        ]);
        return [...http, ...caa];
      }),
    );
    options.signal?.throwIfAborted();
    return withoutRepetition(findings.flat());
  } finally {
    if (probe) await solver.cleanUp(probe);
  }
}

/** Nobody can guess it, and it proves nothing to a CA. */
function makeProbe(): Challenge {
  const token = randomBytes(24).toString('base64url');
  const keyAuthorization = `${token}.keepgate-preflight`;
  return {
    identifier: { type: 'dns', value: 'preflight.invalid' },
    wildcard: false,
    token,
    keyAuthorization,
    dnsValue: '',
  };
}

/** A hundred names have the same domains above them. */
function remembering(lookup: Lookup): Lookup {
  const known = new Map<string, ReturnType<Lookup['caa']>>();
  const caa: Lookup['caa'] = (domain) => {
    const answer = known.get(domain) ?? lookup.caa(domain);
    known.set(domain, answer);
    return answer;
  };
  return { ...lookup, caa };
}

const withoutRepetition = (diagnostics: readonly Diagnostic[]): Diagnostic[] => [
  ...new Map(diagnostics.map((diagnostic) => [diagnostic.message, diagnostic])).values(),
];
