/** What one server of the machine asks of a socket, nginx asks of all servers on it, and mostly says nothing. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Site } from '../model/site.ts';
import type { Rendered } from '../render/render.ts';
import { edited, listenPattern, renderedAsFiles, socketOf } from './clash.ts';
import { type Found, findLine, type LiveFile } from './live.ts';

/**
 * Sockets of sites that a server of the machine speaks to in another way: with the PROXY protocol, with TLS on the port for
 * HTTP, or in clear on the port for HTTPS. https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
 */
export function socketClashes({ model }: Resolved, rendered: Rendered, live: readonly LiveFile[]): Diagnostic[] {
  if (live.length === 0) return [];
  return socketsOf(model.sites).flatMap(({ socket, tls, site }): Diagnostic[] => {
    const other = otherUse(socket, tls, live);
    if (other === undefined) return [];
    const files = renderedAsFiles(rendered.files.filter((file) => file.site === site));
    const ours = findLine(files, listenPattern(socket));
    return [
      {
        code: 'clash-socket',
        severity: 'error',
        message: `the machine ${other.does} ${socket}, and with that on the socket of the site "${site}": nginx takes it for every server there`,
        site,
        at: other.theirs.at,
        ...(ours && { related: [{ message: "keepgate's side of it", at: ours.at }] }),
        help: `${other.way(other.theirs)}\nor give the site addresses of its own: listen: {addresses: […]}`,
      },
    ];
  });
}

interface Socket {
  readonly socket: string;
  readonly tls: boolean;
  /** The first site on it. */
  readonly site: string;
}

/** Each once, however many sites share it. */
function socketsOf(sites: readonly Site[]): Socket[] {
  const found = new Map<string, Socket>();
  const add = (address: string, tls: boolean, site: string): void => {
    const socket = socketOf(address);
    if (!found.has(socket)) found.set(socket, { socket, tls, site });
  };
  for (const { name, listen } of sites) {
    for (const address of listen.http) add(address, false, name);
    for (const { address } of listen.https) add(address, true, name);
  }
  return [...found.values()];
}

interface OtherUse {
  readonly theirs: Found;
  readonly does: string;
  readonly way: (theirs: Found) => string;
}

function otherUse(socket: string, tls: boolean, live: readonly LiveFile[]): OtherUse | undefined {
  const proxied = findLine(live, listenPattern(socket, String.raw`\sproxy_protocol\b`));
  if (proxied)
    return {
      theirs: proxied,
      does: 'expects the PROXY protocol on',
      way: (theirs) => edited(theirs, 's/ proxy_protocol//'),
    };
  const encrypted = findLine(live, listenPattern(socket, String.raw`\sssl\b`));
  if (!tls)
    return encrypted && { theirs: encrypted, does: 'speaks TLS on', way: (theirs) => edited(theirs, 's/ ssl//') };
  const clear = findLine(live, listenPattern(socket, '', String.raw`\s(?:ssl|quic)\b`));
  // With TLS in one of theirs, or as it was said before nginx 1.15, the machine has it on that socket as it is.
  if (!clear || encrypted || clear.file.lines.some((line) => /^\s*ssl\s+on\s*;/.test(line))) return undefined;
  const withTls = (theirs: Found): string => edited(theirs, 's/\\(listen[^;]*\\);/\\1 ssl;/');
  return { theirs: clear, does: 'has a server in clear on', way: withTls };
}
