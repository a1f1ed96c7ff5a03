/** The site of a spec for a Domino REST API, from what its installation says. */
import type { FrontSpec, Taken } from '../domino/front-spec.ts';

/** Lines below the site's name, and those below `upstreams:` when the API speaks TLS itself. */
export function dominoSite(front: FrontSpec, hosts: string, firstHost: string): string {
  const { backend, ports, bodyLimit, readTimeout, httpsPort, tls } = front;
  const [hostFound] = front.hosts;
  return [
    line(4, `hosts: ${hosts}`, hostFound),
    '    preset:',
    '      name: domino-rest-api',
    line(6, 'layout: single-domain', 'routed by path; subdomains takes apiHost and webHost'),
    backend
      ? line(6, `backend: ${quoted(backend.value)}`, backend)
      : line(6, 'backend: 127.0.0.1', 'not found: HOST is not set, so the API listens on every address'),
    ...(Object.keys(ports).length > 0 ? ['      ports:'] : []),
    ...Object.entries(ports).map(([port, found]) => line(8, `${port}: ${found.value}`, found)),
    "      # web: http://127.0.0.1:81    # Domino's own HTTP; without it / goes to the REST API",
    bodyLimit ? line(4, `bodyLimit: ${bodyLimit.value}`, bodyLimit) : line(4, 'bodyLimit: 128m', 'not found'),
    ...(readTimeout ? [line(4, `timeouts: {read: ${readTimeout.value}}`, longer(readTimeout))] : []),
    ...(httpsPort ? [line(4, `listen: {https: ${httpsPort.value}}`, httpsPort)] : []),
    ...(tls ? tlsLines(front, firstHost) : [line(4, '# TLS of its own', 'not found: the API speaks HTTP')]),
    '',
  ].join('\n');
}

function tlsLines({ backend, ports, tls }: FrontSpec, name: string): string[] {
  const address = `${backend?.value ?? '127.0.0.1'}:${ports.data?.value ?? 8880}`;
  return [
    line(4, `# The REST API has TLS of its own: ${tls?.value}`, tls),
    '    routes: {/: domino-rest-api}',
    '',
    'upstreams:',
    '  domino-rest-api:',
    `    servers: [${quoted(address)}]`,
    line(4, `tls: {name: ${quoted(name)}}`, 'the name that its certificate is for'),
  ];
}

/** The remark stands behind the value, in one column where it fits. */
function line(indent: number, text: string, remark: Taken<unknown> | string | undefined): string {
  const said = typeof remark === 'object' ? remark.source : remark;
  const full = `${' '.repeat(indent)}${text}`;
  return said === undefined ? full : `${full.padEnd(35)} # ${said}`;
}

const longer = ({ source }: Taken<string>): string => `longer than ${source}`;

const quoted = (text: string): string => (/^[a-z0-9][\w.-]*$/i.test(text) ? text : JSON.stringify(text));
