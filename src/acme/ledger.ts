/**
 * What was asked of each CA, so that its rate limits are kept before it is asked. Pure: the rules are in
 * check-limits.ts, the file in ledger-file.ts.
 */

/** Moments are RFC 3339. By the URL of the directory. */
export interface Ledger {
  readonly version: 1;
  readonly directories: Readonly<Record<string, DirectoryLedger>>;
}

export interface DirectoryLedger {
  /** New orders of the account; a store has one for each directory. */
  readonly orders: readonly string[];
  readonly certificates: readonly { readonly at: string; readonly names: readonly string[] }[];
  /** Failed validations of one name. */
  readonly failures: readonly { readonly at: string; readonly name: string }[];
  /** What the CA asked to wait for: in general, or for one set of names. */
  readonly pauses: readonly Pause[];
}

export interface Pause {
  readonly until: string;
  /** In the CA's words. */
  readonly reason: string;
  /** Without it the pause holds for everything at this CA. */
  readonly names?: readonly string[];
}

/** An order that is to be placed. */
export interface Attempt {
  /** The URL of the directory. */
  readonly directory: string;
  readonly names: readonly string[];
  /** It carries `replaces` inside the window of the CA: that counts against no limit but the one on failures. */
  readonly exempt?: boolean;
}

export const emptyLedger: Ledger = { version: 1, directories: {} };

/** After an order was placed. */
export function withOrder(ledger: Ledger, { directory, exempt }: Attempt, now: Date): Ledger {
  if (exempt) return ledger;
  return changed(ledger, directory, now, (found) => ({ orders: [...found.orders, now.toISOString()] }));
}

/** After a certificate was issued. What its names failed at before has had its use. */
export function withCertificate(ledger: Ledger, { directory, names, exempt }: Attempt, now: Date): Ledger {
  return changed(ledger, directory, now, (found) => ({
    certificates: exempt
      ? found.certificates
      : [...found.certificates, { at: now.toISOString(), names: sorted(names) }],
    pauses: found.pauses.filter((pause) => pause.names === undefined || !sameSet(pause.names, names)),
  }));
}

/** After the CA could not validate these names. */
export function withFailures(ledger: Ledger, directory: string, names: readonly string[], now: Date): Ledger {
  const at = now.toISOString();
  return changed(ledger, directory, now, (found) => ({
    failures: [...found.failures, ...names.map((name) => ({ at, name }))],
  }));
}

/**
 * After the CA asked to wait for more than a minute, or allowed no more without a word of the time. A limit on these names alone holds
 * back these alone; one that neither its words nor `onlyThese` tell to be so, everything at this CA.
 */
export function withPause(
  ledger: Ledger,
  directory: string,
  pause: {
    readonly until: Date;
    readonly reason: string;
    readonly names: readonly string[];
    readonly onlyThese?: boolean;
  },
  now: Date,
): Ledger {
  const { until, reason, names } = pause;
  const onlyThese = pause.onlyThese || /exact set|already issued for|failed authorizations/i.test(reason);
  const kept: Pause = {
    until: new Date(Math.min(until.getTime(), now.getTime() + longestPause)).toISOString(),
    reason: reason.slice(0, 500),
    ...(onlyThese ? { names: sorted(names) } : {}),
  };
  return changed(ledger, directory, now, (found) => ({ pauses: [...found.pauses, kept] }));
}

function changed(
  ledger: Ledger,
  directory: string,
  now: Date,
  change: (found: DirectoryLedger) => Partial<DirectoryLedger>,
): Ledger {
  const found = directoryOf(ledger, directory, now);
  const directories = { ...ledger.directories, [directory]: pruned({ ...found, ...change(found) }, now) };
  return { version: 1, directories };
}

const hour = 3_600_000;
/** No limit looks back further than a week: a CA that says more is asked once more after it. */
const longestPause = 168 * hour;

const none: DirectoryLedger = { orders: [], certificates: [], failures: [], pauses: [] };

/** What is remembered of a CA and still counts. */
export const directoryOf = (ledger: Ledger, directory: string, now: Date): DirectoryLedger =>
  pruned({ ...none, ...ledger.directories[directory] }, now);

/** No limit looks further back than these. */
const spans = { orders: 3 * hour, certificates: 168 * hour, failures: hour };
/** Of each kind. */
const most = 1000;

/** Without what no rule asks for any more, and what a clock that was wrong put into the future. */
function pruned({ orders, certificates, failures, pauses }: DirectoryLedger, now: Date): DirectoryLedger {
  const within = (span: number) => (at: string) => {
    const age = now.getTime() - Date.parse(at);
    return age < span && age > -hour;
  };
  return {
    orders: orders.filter(within(spans.orders)).slice(-most),
    certificates: certificates.filter(({ at }) => within(spans.certificates)(at)).slice(-most),
    failures: failures.filter(({ at }) => within(spans.failures)(at)).slice(-most),
    pauses: pauses.filter(({ until }) => Date.parse(until) > now.getTime()).slice(-most),
  };
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

export const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  sorted(a).join(' ') === sorted(b).join(' ');
