/** What a spec has to say so that the proxy fits an installation that is there already. Pure. */
import { hostProblem } from '../spec/address.ts';
import { hostOfCorsKey } from './cors.ts';
import { type Found, type Installation, type Port, portKeys, type StoreKind } from './installation.ts';
import { defaultTimeout, idleMargin } from './proxy-settings.ts';

/** A value of the spec, and what it is made of: `PORT in ports.json`. */
export interface Taken<T> {
  readonly value: T;
  readonly source: string;
}

export interface FrontSpec {
  readonly hosts: readonly Taken<string>[];
  readonly httpsPort: Taken<number> | undefined;
  /** The address of HOST, when it is one that a proxy can go to. */
  readonly backend: Taken<string> | undefined;
  readonly ports: Partial<Record<Port, Taken<number>>>;
  /** `128m` or `unlimited`. */
  readonly bodyLimit: Taken<string> | undefined;
  /** `150s`. */
  readonly readTimeout: Taken<string> | undefined;
  readonly tls: Taken<StoreKind> | undefined;
}

export function frontSpec(installation: Installation): FrontSpec {
  const { host, bodyLimit, cors, tls } = installation;
  const names = cors.flatMap(({ origin, value, from }) => {
    const read = value ? hostOfCorsKey(origin) : undefined;
    return read && hostProblem(read.host) === undefined ? [{ ...read, source: sourceOf('CORS', from) }] : [];
  });
  const [first] = names;
  const usual = names.filter(({ port }) => port === first?.port);
  const everywhere = host === undefined || ['', '0.0.0.0', '::'].includes(host.value);
  return {
    hosts: usual.map(({ host: value, source }) => ({ value, source })),
    httpsPort: first && first.port !== 443 ? { value: first.port, source: first.source } : undefined,
    backend: everywhere || hostProblem(host.value) !== undefined ? undefined : taken('HOST', host, (value) => value),
    ports: Object.fromEntries(
      (Object.keys(portKeys) as Port[]).flatMap((port) => {
        const found = installation.ports[port];
        return found ? [[port, taken(portKeys[port], found, (value) => value)]] : [];
      }),
    ),
    bodyLimit: bodyLimit && taken('bodyHandler.bodyLimit', bodyLimit, sizeOf),
    readTimeout: readTimeoutOf(installation),
    tls: tls && taken(tls.value === 'certmgr' ? 'TLSCertStore' : 'TLSFile', tls, (value) => value),
  };
}

/** Longer than the API itself waits; where it would never give up, or says nothing, what the preset waits is enough for its threads. */
function readTimeoutOf({ idleTimeout, threadTimeout }: Installation): Taken<string> | undefined {
  const wait = (seconds: number) => `${seconds + idleMargin}s`;
  const idle = idleTimeout && idleTimeout.value > 0 ? idleTimeout : undefined;
  if (threadTimeout && threadTimeout.value > (idle?.value ?? defaultTimeout))
    return taken('threadTimeout', threadTimeout, wait);
  return idle && taken('httpIdleTimeout', idle, wait);
}

const taken = <T, U>(key: string, { value, from }: Found<T>, convert: (value: T) => U): Taken<U> => ({
  value: convert(value),
  source: sourceOf(key, from),
});

/** File names are the installation's own: nothing of them may end a comment. */
const sourceOf = (key: string, from: string): string => `${key} in ${from.replace(/[^\w. -]/g, '?').slice(0, 60)}`;

/** Bytes as a size of nginx, rounded up: the proxy must not be the one with the smaller limit. */
function sizeOf(bytes: number): string {
  if (bytes < 0) return 'unlimited';
  const units = ['k', 'm', 'g'] as const;
  const exact = units.findLast((_unit, index) => bytes > 0 && bytes % 1024 ** (index + 1) === 0);
  const unit = exact ?? units.find((_unit, index) => bytes / 1024 ** (index + 1) < 1e6) ?? 'g';
  return `${Math.max(1, Math.ceil(bytes / 1024 ** (units.indexOf(unit) + 1)))}${unit}`;
}
