/** What nginx is shown: the very bytes that would be installed, at their final places. */

import { nginxFolder } from '../model/nginx-folder.ts';
import type { Model } from '../model/site.ts';
import type { TestTree } from '../nginx/sandbox.ts';
import type { Rendered } from '../render/render.ts';
import { isAddress, parseAddress } from '../spec/address.ts';

export interface TreeOptions {
  readonly standIn: { readonly certificate: string; readonly key: string };
  readonly raw: boolean;
  /** A whole /etc/nginx to merge with. */
  readonly live: string | undefined;
  /** Paths below it that will not be there any more: those of sites that are gone. */
  readonly without?: readonly string[];
}

/** Certificates, keys and CA files are all stand-ins: nginx never sees the real ones, keepgate has looked at them. */
export function testTree(
  rendered: Rendered,
  model: Model,
  { standIn, raw, live, without = [] }: TreeOptions,
): TestTree {
  const certificates = new Set<string>();
  const keys = new Set<string>();
  const names = new Set<string>();
  for (const { tls, locations, upstreams } of model.sites) {
    certificates.add(tls.certificate);
    keys.add(tls.key);
    if (tls.clientAuth) certificates.add(tls.clientAuth.ca);
    for (const { proxy } of locations) if (proxy?.tls?.verify) certificates.add(proxy.tls.ca);
    for (const { servers } of upstreams) for (const { address } of servers) addName(names, address);
  }
  for (const { certificate } of model.shared.refuseHttps) {
    if (!certificate) continue;
    certificates.add(certificate.certificate);
    keys.add(certificate.key);
  }
  return {
    files: rendered.files.map(({ path, text }) => ({ path: `${nginxFolder}/${path}`, text })),
    links: rendered.links.map(({ path, to }) => ({ path: `${nginxFolder}/${path}`, to })),
    standIns: {
      certificates: [...certificates],
      keys: [...keys],
      certificatePem: standIn.certificate,
      keyPem: standIn.key,
    },
    names: [...names],
    raw,
    ...(live !== undefined && { live, without: without.map((path) => `${nginxFolder}/${path}`) }),
  };
}

function addName(names: Set<string>, address: string): void {
  const parsed = parseAddress(address);
  if (typeof parsed !== 'string' && !isAddress(parsed.host)) names.add(parsed.host);
}
