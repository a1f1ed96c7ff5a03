/** What the files of a past state serve, read from their text: the history keeps files, and the spec of then is gone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServedSite } from '../deploy/expected-certificates.ts';
import { insideRoot } from '../deploy/inside-root.ts';
import { blocksOf, valuesOf } from '../deploy/own-text.ts';
import type { Wanted } from '../deploy/plan.ts';
import { type NeededCertificate, storeOf } from '../deploy/plan-stand-ins.ts';
import { builtIn } from '../model/expand.ts';

/** The server blocks with a certificate, in the order of the files; those without a name have no hosts. */
export function servedSites(files: Wanted['files']): ServedSite[] {
  return files.flatMap(({ text }) =>
    blocksOf(text).flatMap((block) => {
      const [certificate] = valuesOf(block, 'ssl_certificate')[0] ?? [];
      if (certificate === undefined) return [];
      const https = valuesOf(block, 'listen').filter((words) => words.includes('ssl'));
      return [
        {
          hosts: valuesOf(block, 'server_name')
            .flat()
            .filter((host) => host !== '_' && host !== ''),
          listen: { https: https.map(([address = '']) => ({ address })) },
          tls: { certificate },
        },
      ];
    }),
  );
}

/** Every address that the files have nginx listen on. */
export function addressesOf(files: Wanted['files']): string[] {
  return files.flatMap(({ text }) =>
    blocksOf(text).flatMap((block) => valuesOf(block, 'listen').map(([at = '']) => at)),
  );
}

/**
 * Those of them that lie in a store of keepgate's; what lies anywhere else, such as certbot's, is left to whoever keeps it.
 * `fileSystem`: as `InstallFolder` has it. @throws KeepgateError root-link (1)
 */
export function storedCertificates(sites: readonly ServedSite[], fileSystem: string): NeededCertificate[] {
  const found = new Map<string, NeededCertificate>();
  for (const { hosts, tls } of sites) {
    const { certificate } = tls;
    if (!/^\/.*\/live\/[^/]+\/fullchain\.pem$/.test(certificate) || !isStore(fileSystem, storeOf(certificate)))
      continue;
    const before = found.get(certificate)?.hosts ?? [];
    found.set(certificate, { certificate, hosts: [...new Set([...before, ...hosts])], selfSigned: false });
  }
  return [...found.values()];
}

/** By what no other program has beside `live`; the usual one also when it is gone. */
function isStore(fileSystem: string, store: string): boolean {
  if (store === builtIn.acme.store) return true;
  const root = insideRoot(fileSystem, store);
  return ['stand-in', 'self-signed', 'certificates'].some((name) => existsSync(join(root, name)));
}
