/** What a Domino REST API's configuration says about the things that a proxy meets. Pure. */
import type { Diagnostic } from '../diagnostic.ts';
import { defaultPorts } from '../spec/presets/domino-rest-api.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  type Layers,
  originOf,
  overlaid,
  theEnvironment,
  valueAt,
} from './overlay.ts';

/** A value, and the file it stands in or `theEnvironment`. */
export interface Found<T> {
  readonly value: T;
  readonly from: string;
}

export type Port = keyof typeof defaultPorts;

/** The API's own names; one of them is misspelt there. */
export const portKeys = {
  data: 'PORT',
  health: 'HEALTHCHECKPORT',
  management: 'MANAGMENTPORT',
  metrics: 'METRICSPORT',
} as const satisfies Record<Port, string>;

export const storeKinds = ['jks', 'pfx', 'pem', 'certmgr'] as const;
export type StoreKind = (typeof storeKinds)[number];

export interface Installation {
  /** Those that are set; `defaultPorts` has the others. */
  readonly ports: Partial<Record<Port, Found<number>>>;
  /** The address that the ports are bound to; without it, every one. */
  readonly host: Found<string> | undefined;
  /** Bytes; -1 for no limit. */
  readonly bodyLimit: Found<number> | undefined;
  /** Seconds; 0 and less: never. */
  readonly idleTimeout: Found<number> | undefined;
  /** Seconds, rounded up: the longest that a verticle's threads may take for a request, of those that are set. */
  readonly threadTimeout: Found<number> | undefined;
  /** Regular expressions or host names, by the API's version. */
  readonly cors: readonly (Found<boolean> & { readonly origin: string })[];
  /** The API's own TLS, when it is on. */
  readonly tls: Found<StoreKind> | undefined;
  /** Values that can't be what they have to be; each counts as not set. */
  readonly diagnostics: readonly Diagnostic[];
}

export function installationOf(layers: Layers): Installation {
  const settings = overlaid(layers);
  const diagnostics: Diagnostic[] = [];
  const found = <T extends Json>(path: readonly string[], what: string, fits: (value: Json) => value is T) => {
    const value = valueAt(settings, path);
    if (value === undefined || value === null) return undefined;
    const from = originOf(layers, path) ?? theEnvironment;
    if (fits(value)) return { value, from };
    diagnostics.push({
      code: 'domino-config-value',
      severity: 'error',
      message: `${path.join('.')} in ${from} is not ${what}`,
    });
    return undefined;
  };
  const ports = Object.fromEntries(
    Object.entries(portKeys).flatMap(([port, key]) => {
      const value = found([key], 'a port from 1 to 65535', isPort);
      return value ? [[port, value]] : [];
    }),
  );
  const origins = valueAt(settings, ['CORS']);
  return {
    ports,
    host: found(['HOST'], 'an address', isText),
    bodyLimit: found(['bodyHandler', 'bodyLimit'], 'a number of bytes, or -1', isWhole),
    idleTimeout: found(['httpIdleTimeout'], 'a number of seconds', isWhole),
    threadTimeout: threadTimeoutOf(settings, found),
    cors: Object.keys(isObject(origins) ? origins : {}).flatMap((origin) => {
      const value = found(['CORS', origin], 'true or false', isBoolean);
      return value ? [{ origin, ...value }] : [];
    }),
    tls: tlsOf(found),
    diagnostics,
  };
}

type Find = <T extends Json>(
  path: readonly string[],
  what: string,
  fits: (value: Json) => value is T,
) => Found<T> | undefined;

/** `verticles.NAME.threadTimeout` is in milliseconds. */
function threadTimeoutOf(settings: JsonObject, found: Find): Found<number> | undefined {
  const verticles = valueAt(settings, ['verticles']);
  const set = Object.keys(isObject(verticles) ? verticles : {}).flatMap((name) => {
    const value = found(['verticles', name, 'threadTimeout'], 'a number of milliseconds', isWhole);
    return value && value.value > 0 ? [{ ...value, value: Math.ceil(value.value / 1000) }] : [];
  });
  return set.sort((a, b) => b.value - a.value)[0];
}

function tlsOf(found: Find): Found<StoreKind> | undefined {
  const certmgr = found(['TLSCertStore'], 'true or false', isBoolean);
  if (certmgr?.value) return { value: 'certmgr', from: certmgr.from };
  const file = found(['TLSFile'], 'a path', isText);
  if (file === undefined || file.value === '') return undefined;
  const type = found(['TLSType'], 'jks, pfx or pem', isKind);
  return { value: type?.value ?? 'jks', from: file.from };
}

/** The management port, as it is configured. */
export const portOf = ({ ports }: Installation, port: Port): number => ports[port]?.value ?? defaultPorts[port];

const isPort = (value: Json): value is number => isWhole(value) && value >= 1 && value <= 65_535;
const isWhole = (value: Json): value is number => Number.isSafeInteger(value) && Number(value) >= -1;
const isText = (value: Json): value is string => typeof value === 'string';
const isBoolean = (value: Json): value is boolean => typeof value === 'boolean';
const isKind = (value: Json): value is 'jks' | 'pfx' | 'pem' => value === 'jks' || value === 'pfx' || value === 'pem';
