import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';

/** A CA. */
export interface DirectoryChoice {
  /** As it was asked for: one of the names, or the URL. */
  readonly name: string;
  readonly url: string;
  /** Absolute; the CA certificates that its own TLS certificate is verified against, instead of the public ones. */
  readonly caFile?: string;
  /** A directory to try things out at, whose certificates nobody trusts. */
  readonly stagingUrl?: string;
}

/** letsencrypt.org/docs/staging-environment, zerossl.com/documentation/acme, pki.goog/faq (publicca). */
const known: Readonly<Record<string, { readonly url: string; readonly stagingUrl?: string }>> = {
  letsencrypt: {
    url: 'https://acme-v02.api.letsencrypt.org/directory',
    stagingUrl: 'https://acme-staging-v02.api.letsencrypt.org/directory',
  },
  'letsencrypt-staging': { url: 'https://acme-staging-v02.api.letsencrypt.org/directory' },
  zerossl: { url: 'https://acme.zerossl.com/v2/DV90' },
  google: {
    url: 'https://dv.acme-v02.api.pki.goog/directory',
    stagingUrl: 'https://dv.acme-v02.test-api.pki.goog/directory',
  },
};

/**
 * The directory by its name or https URL.
 * @throws KeepgateError unknown-acme-directory (1)
 */
export function directoryOf(nameOrUrl: string, caFile?: string): DirectoryChoice {
  const own = caFile !== undefined && { caFile };
  const entry = Object.hasOwn(known, nameOrUrl) ? known[nameOrUrl] : undefined;
  if (entry) return { name: nameOrUrl, ...entry, ...own };
  const url = URL.canParse(nameOrUrl) ? new URL(nameOrUrl) : undefined;
  if (url?.protocol === 'https:' && !url.username && !url.password && !url.hash) {
    return { name: nameOrUrl, url: url.href, ...own };
  }
  const near = suggest(nameOrUrl, Object.keys(known));
  throw new KeepgateError(1, {
    code: 'unknown-acme-directory',
    message: `${nameOrUrl} is no ACME directory${near ? `; did you mean ${near}?` : ''}`,
    help: `Use ${Object.keys(known).join(', ')}, or the https URL of a directory.`,
  });
}
