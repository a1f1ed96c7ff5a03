/** Before nginx 1.29.2 the default server of a socket decides which TLS versions all of its sites speak; nginx says nothing. */
import type { Diagnostic } from '../diagnostic.ts';
import { atLeast } from '../model/nginx-features.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Rendered } from '../render/render.ts';
import { defaultServerPattern, edited, renderedAsFiles, socketOf, start } from './clash.ts';
import { type Found, findLine, type LiveFile, lineAt } from './live.ts';

const protocols = new RegExp(`${start}ssl_protocols\\s+([^;]+)`);

/**
 * Sites whose socket has a default server of the machine with other `ssl_protocols`. Only one that is named as such counts:
 * with none, the first server that nginx reads is the default.
 */
export function tlsClashes(
  { model, features }: Resolved,
  version: string,
  rendered: Rendered,
  live: readonly LiveFile[],
): Diagnostic[] {
  if (features.protocolsPerServer || model.shared.refuseHttps.length > 0) return [];
  const main = live.filter(({ path }) => path === `${nginxFolder}/nginx.conf`);
  const inherited = words(findLine(main, protocols)) ?? builtIn(version);
  return model.sites.flatMap(({ name, listen, tls }) => {
    const ours = findLine(renderedAsFiles(rendered.files.filter(({ site }) => site === name)), protocols);
    const wanted = tls.protocols.join(' ');
    const servers = new Map<LiveFile, Found>();
    for (const { address } of listen.https) {
      const theirs = findLine(live, defaultServerPattern(socketOf(address)));
      if (theirs && !servers.has(theirs.file)) servers.set(theirs.file, theirs);
    }
    return [...servers.values()].flatMap((theirs): Diagnostic[] => {
      const own = inSameServer(theirs);
      const spoken = words(own) ?? inherited;
      if (!ours || sameWords(spoken, wanted)) return [];
      const script = own ? `s/ssl_protocols[^;]*/ssl_protocols ${wanted}/` : `a\\    ssl_protocols ${wanted};`;
      return [
        {
          code: 'clash-tls-protocols',
          severity: 'error',
          message: `the machine's default server makes the site "${name}" speak ${spoken}, not ${wanted}: before nginx 1.29.2 it decides for the whole socket`,
          site: name,
          at: (own ?? theirs).at,
          related: [{ message: "keepgate's side of it", at: ours.at }],
          help: `${edited(own ?? theirs, script)}\nor give the site addresses of its own: listen: {addresses: […]}`,
        },
      ];
    });
  });
}

/** The `ssl_protocols` of the server that a line stands in, as far as lines show. */
function inSameServer({ file, at }: Found): Found | undefined {
  const opening = /^\s*(?:http\s*\{\s*)?server\b\s*(?:\{|$)/;
  const before = file.lines.slice(0, at.line - 1).findLastIndex((line) => opening.test(line));
  const after = file.lines.findIndex((line, index) => index >= at.line && opening.test(line));
  const end = after === -1 ? file.lines.length : after;
  const index = file.lines.findIndex(
    (line, index) => index >= Math.max(0, before) && index < end && !/^\s*#/.test(line) && protocols.test(line),
  );
  return index === -1 ? undefined : { file, at: lineAt(file.path, index + 1, file.lines[index] ?? '') };
}

/** What nginx speaks when nothing says so. */
function builtIn(version: string): string {
  if (atLeast(version, '1.27.3')) return 'TLSv1.2 TLSv1.3';
  return atLeast(version, '1.23.4') ? 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3' : 'TLSv1 TLSv1.1 TLSv1.2';
}

const words = (line: Found | undefined): string | undefined => protocols.exec(line?.at.source ?? '')?.[1]?.trim();

function sameWords(a: string, b: string): boolean {
  const sorted = (text: string): string => text.split(/\s+/).sort().join(' ');
  return sorted(a) === sorted(b);
}
