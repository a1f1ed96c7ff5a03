/** The rate limits of a CA, kept before it is asked. Pure. */
import { spanInWords, timestamp } from '../certs/time-in-words.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { type Attempt, type DirectoryLedger, directoryOf, type Ledger, sameSet } from './ledger.ts';
import { knownLimits, type Limit, type Limits, registeredDomain } from './limits.ts';

/**
 * Stops an order that the CA would refuse. Returns warnings where a limit is near that can only be guessed at.
 * @throws KeepgateError rate-limited (5), with retryAt
 */
export function checkLimits(ledger: Ledger, attempt: Attempt, now: Date): Diagnostic[] {
  const found = directoryOf(ledger, attempt.directory, now);
  const limits = knownLimits(attempt.directory);
  const waits = [...pauses(found, attempt), ...(limits ? exhausted(found, attempt, limits, now) : [])];
  const [longest] = waits.sort((a, b) => b.until - a.until);
  if (longest) throw limited(longest, attempt, now);
  return limits && !attempt.exempt ? nearDomainLimit(found, attempt, limits) : [];
}

interface Wait {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason: string;
}

function limited({ until, reason }: Wait, { directory, names }: Attempt, now: Date): KeepgateError {
  const retryAt = timestamp(new Date(until + 999));
  const { host } = new URL(directory);
  return new KeepgateError(5, {
    code: 'rate-limited',
    message: `${host} was not asked for ${names[0]}${names.length > 1 ? ` and ${names.length - 1} more` : ''}: ${reason}`,
    help: `Try again in ${spanInWords(until - now.getTime())}, at ${retryAt}; \`cert renew\` does so by itself.`,
    retryAt,
  });
}

function pauses({ pauses }: DirectoryLedger, { names }: Attempt): Wait[] {
  return pauses
    .filter((pause) => pause.names === undefined || sameSet(pause.names, names))
    .map(({ until, reason }) => ({ until: Date.parse(until), reason: `it asked to wait: ${reason}` }));
}

function exhausted(found: DirectoryLedger, { names, exempt }: Attempt, limits: Limits, now: Date): Wait[] {
  const waits = [...new Set(names)].map((name) =>
    used(
      limits.failures,
      found.failures.filter((failure) => failure.name === name).map(({ at }) => at),
      `validations of ${name} failed`,
      now,
    ),
  );
  if (!exempt) {
    const same = found.certificates.filter((certificate) => sameSet(certificate.names, names)).map(({ at }) => at);
    waits.push(used(limits.sameNames, same, 'certificates were issued for exactly these names', now));
    waits.push(used(limits.orders, found.orders, 'orders were placed', now));
  }
  return waits.filter((wait) => wait !== undefined);
}

/** Until so many of the moments are older than the span that less than `count` are left. */
function used({ count, span }: Limit, moments: readonly string[], what: string, now: Date): Wait | undefined {
  const recent = moments.map((at) => Date.parse(at)).filter((at) => at > now.getTime() - span);
  const decisive = recent.sort((a, b) => b - a)[count - 1];
  if (decisive === undefined) return undefined;
  return {
    until: decisive + span,
    reason: `${recent.length} ${what} in the last ${spanInWords(span)}, and its limit is ${count}`,
  };
}

function nearDomainLimit(found: DirectoryLedger, { names }: Attempt, { domain }: Limits): Diagnostic[] {
  return [...new Set(names.map(registeredDomain))].flatMap((registered) => {
    const count = found.certificates.filter(({ names }) => names.map(registeredDomain).includes(registered)).length;
    if (count < domain.count) return [];
    return {
      code: 'certificates-per-domain',
      severity: 'warning' as const,
      message: `${count} certificates below ${registered} were issued in the last ${spanInWords(domain.span)}; the CA's limit may be ${domain.count}`,
      help: 'It is not known here where the public part of a domain ends, so the CA is asked all the same.',
    };
  });
}
