/** What one server of the machine asks of a socket, nginx asks of all servers on it, and mostly says nothing. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Rendered } from '../render/render.ts';
import { edited, listenPattern, renderedAsFiles, socketOf } from './clash.ts';
import { type Found, findLine, type LiveFile } from './live.ts';

/**
 * Sites one of whose sockets is spoken to in another way by a server of the machine: with the PROXY protocol, with TLS
 * on the port for HTTP, or in clear on the port for HTTPS. https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
 */
export function socketClashes({ model }: Resolved, rendered: Rendered, live: readonly LiveFile[]): Diagnostic[] {
  return model.sites.flatMap(({ name, listen }) => {
    const files = renderedAsFiles(rendered.files.filter(({ site }) => site === name));
    const sockets = [
      ...listen.http.map((address) => ({ socket: socketOf(address), tls: false })),
      ...listen.https.map(({ address }) => ({ socket: socketOf(address), tls: true })),
    ];
    return sockets.flatMap(({ socket, tls }): Diagnostic[] => {
      const ours = findLine(files, listenPattern(socket));
      const other = otherUse(socket, tls, live);
      if (ours === undefined || other === undefined) return [];
      return [
        {
          code: 'clash-socket',
          severity: 'error',
          message: `the machine ${other.does} ${socket}, and with that on the socket of the site "${name}": nginx takes it for every server there`,
          site: name,
          at: other.theirs.at,
          related: [{ message: "keepgate's side of it", at: ours.at }],
          help: `${other.way(other.theirs)}\nor give the site addresses of its own: listen: {addresses: […]}`,
        },
      ];
    });
  });
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
