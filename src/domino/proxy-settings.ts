/** The overlays that a proxy in front of the API needs on its side. Pure. */
import type { Diagnostic } from '../diagnostic.ts';
import { isLoopback } from '../spec/address.ts';
import { corsKey } from './cors.ts';
import { type Installation, installationOf, type Port, portKeys, portOf } from './installation.ts';
import type { Layers } from './overlay.ts';
import { overridden } from './overridden.ts';
import type { Edit } from './settings-text.ts';

/** What the proxy does, as the spec says it. */
export interface FrontProxy {
  /** Public names as a certificate has them: A-labels, wildcards, addresses (IPv6 in brackets). */
  readonly hosts: readonly string[];
  readonly httpsPort: number;
  /** The machine of the API, as the proxy reaches it; IPv6 without brackets. */
  readonly backend: string;
  /** Whether it speaks TLS to the API too. */
  readonly tls: boolean;
  /** The ports that the proxy reckons with. */
  readonly ports: Readonly<Record<Port, number>>;
  /** Bytes, -1 for no limit. */
  readonly bodyLimit: number;
  /** Seconds that the proxy waits for an answer. */
  readonly readTimeout: number;
}

/** Seconds that the API gives up before the proxy does, which would say 504 in its place. */
export const idleMargin = 10;

/** Seconds that the API's own threads may take for a request, and that a connection may idle, unless it is told otherwise. */
export const defaultTimeout = 120;

export function proxyEdits(proxy: FrontProxy, { wholeOrigins }: { wholeOrigins: boolean }, others: Layers): Edit[] {
  const known = installationOf(others);
  const ports = (Object.keys(portKeys) as Port[]).map((port) => ({
    path: [portKeys[port]],
    // What is so already needs no words.
    value: portOf(known, port) === proxy.ports[port] ? undefined : proxy.ports[port],
  }));
  return [
    { path: ['HOST'], value: isLoopback(proxy.backend) ? loopback(proxy.backend) : undefined },
    ...ports,
    { path: ['bodyHandler', 'bodyLimit'], value: proxy.bodyLimit },
    ...proxy.hosts.map((host) => ({ path: ['CORS', corsKey(host, proxy.httpsPort, wholeOrigins)], value: true })),
  ];
}

/** The API takes the idle timeout from a file of its own only. */
export const timeoutEdits = ({ readTimeout }: FrontProxy): Edit[] => [
  { path: ['httpIdleTimeout'], value: readTimeout - idleMargin },
];

const loopback = (backend: string): string => (backend === 'localhost' ? '127.0.0.1' : backend);

/** What would keep proxy and API apart. `layers`: with the edited files. */
export function proxyProblems(
  proxy: FrontProxy,
  written: readonly { readonly file: string; readonly edits: readonly Edit[] }[],
  layers: Layers,
): Diagnostic[] {
  const installation = installationOf(layers);
  const { tls, host } = installation;
  const away = host && !isLoopback(proxy.backend) && isLoopback(host.value);
  return [
    ...installation.diagnostics,
    ...portProblems(proxy, installation),
    ...written.flatMap(({ file, edits }) => overridden(file, edits.filter(isNoPort), layers)),
    ...(tls ? [tlsOn(tls.from)] : []),
    ...(away ? [cutOff(host.value, host.from, proxy.backend)] : []),
    ...shortTimeout(proxy.readTimeout, installation.threadTimeout?.value ?? defaultTimeout),
  ];
}

const isNoPort = ({ path: [key = ''] }: Edit): boolean => !(Object.values(portKeys) as string[]).includes(key);

function portProblems(proxy: FrontProxy, installation: Installation): Diagnostic[] {
  return (Object.keys(portKeys) as Port[]).flatMap((port): Diagnostic[] => {
    const actual = installation.ports[port];
    if (actual === undefined || actual.value === proxy.ports[port]) return [];
    return [
      {
        code: 'domino-port-differs',
        severity: 'error',
        message: `${portKeys[port]} is ${actual.value} (${actual.from}), and the proxy reckons with ${proxy.ports[port]}`,
        help: `Say it in the spec, preset.ports: {${port}: ${actual.value}}, or take ${portKeys[port]} out of ${actual.from}.`,
      },
    ];
  });
}

const tlsOn = (from: string): Diagnostic => ({
  code: 'domino-tls-on',
  severity: 'error',
  message: `${from} switches the API's own TLS on, and this proxy speaks HTTP to it`,
  help: 'Undo it with keepgate domino tls --undo, or take the TLS keys out of that file. One of both is enough: TLS of its own, or a proxy.',
});

const cutOff = (host: string, from: string, backend: string): Diagnostic => ({
  code: 'domino-host-loopback',
  severity: 'error',
  message: `HOST is ${host} (${from}), where a proxy on another machine can't reach it: the spec says backend ${backend}`,
  help: `Take HOST out of ${from}, or set it to ${backend}.`,
});

function shortTimeout(readTimeout: number, threadTimeout: number): Diagnostic[] {
  if (readTimeout - idleMargin >= threadTimeout) return [];
  const usable = readTimeout > idleMargin;
  return [
    {
      code: 'domino-timeout-short',
      severity: usable ? 'warning' : 'error',
      message: `the proxy waits ${readTimeout} seconds for an answer, and the API takes up to ${threadTimeout} for a request`,
      help: `Set timeouts.read to ${threadTimeout + idleMargin}s or more in the spec${threadTimeout > defaultTimeout ? '' : ', as the preset does'}.`,
    },
  ];
}
