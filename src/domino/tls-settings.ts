/** The overlay for the API's own TLS. Pure. */
import type { Diagnostic } from '../diagnostic.ts';
import { isLoopback } from '../spec/address.ts';
import { type Installation, installationOf } from './installation.ts';
import { type Layers, originOf, overlaid, valueAt } from './overlay.ts';
import { overridden } from './overridden.ts';
import type { Edit } from './settings-text.ts';

export type StorePassword =
  | { readonly from: 'none' }
  | { readonly from: 'environment' }
  /** Written into the overlay in clear: the API has no other place for it. */
  | { readonly from: 'given'; readonly text: string };

export type OwnTls =
  /** `file` as the API is to open it; with `pem` that is the private key, and `chain` the certificates. */
  | { readonly as: 'jks' | 'pfx'; readonly file: string; readonly password: StorePassword }
  | { readonly as: 'pem'; readonly file: string; readonly chain: string; readonly password: StorePassword }
  /** `names`: which certificates of Domino's Certificate Manager; all of them without any. */
  | { readonly as: 'certmgr'; readonly names: readonly string[] };

/** Every key that has to do with TLS, so that a change of kind leaves nothing behind. `others`: without the edited file. */
export function tlsEdits(tls: OwnTls, others: Layers): Edit[] {
  const managed = { TLSType: undefined, TLSFile: undefined, PEMCert: undefined, TLSPassword: undefined };
  const certmgrElsewhere = valueAt(overlaid(others), ['TLSCertStore']) === true;
  const values =
    tls.as === 'certmgr'
      ? { ...managed, TLSCertStore: true, TLSCertStoreName: tls.names.length > 1 ? [...tls.names] : tls.names[0] }
      : {
          ...managed,
          TLSType: tls.as,
          TLSFile: tls.file,
          ...(tls.as === 'pem' && { PEMCert: tls.chain }),
          TLSPassword: passwordText(tls.password),
          TLSCertStore: certmgrElsewhere ? false : undefined,
          TLSCertStoreName: undefined,
        };
  return Object.entries(values).map(([key, value]) => ({ path: [key], value }));
}

/** Without a password the key has to be there all the same. */
function passwordText(password: StorePassword): string | undefined {
  if (password.from === 'environment') return undefined;
  return password.from === 'none' ? '' : password.text;
}

/** What the API would not load, or not do. `layers`: with the edited file, which is called `file`. */
export function tlsProblems(tls: OwnTls, edits: readonly Edit[], file: string, layers: Layers): Diagnostic[] {
  const installation = installationOf(layers);
  return [
    ...installation.diagnostics,
    ...overridden(file, edits, layers),
    ...loopbackProblem(installation),
    ...leftover(tls, layers),
    ...shortPassword(tls),
  ];
}

function loopbackProblem({ host }: Installation): Diagnostic[] {
  if (host === undefined || !isLoopback(host.value)) return [];
  return [
    {
      code: 'domino-host-loopback',
      severity: 'error',
      message: `HOST is ${host.value} (${host.from}): with its own TLS the API has to be reached by its certificate's name`,
      help: `Take HOST out of ${host.from}, or set it to an address that the name leads to. It belongs to a proxy on the same machine: keepgate domino proxy.`,
    },
  ];
}

function leftover({ as }: OwnTls, layers: Layers): Diagnostic[] {
  const file = valueAt(overlaid(layers), ['TLSFile']);
  if (as !== 'certmgr' || file === undefined || file === '') return [];
  const from = originOf(layers, ['TLSFile']);
  return [
    {
      code: 'domino-tls-leftover',
      severity: 'warning',
      message: `${from} names a key store too (TLSFile), beside the Certificate Manager`,
      help: `Take TLSFile and what belongs to it out of ${from}; an overlay can't take away what another one sets.`,
    },
  ];
}

/** Java's keytool makes and opens no JKS with fewer. */
function shortPassword(tls: OwnTls): Diagnostic[] {
  if (tls.as !== 'jks' || tls.password.from === 'environment') return [];
  if (tls.password.from === 'given' && tls.password.text.length >= 6) return [];
  return [
    {
      code: 'domino-password-short',
      severity: 'error',
      message: 'a JKS key store has a password of six characters or more',
      help: 'Name the file that holds it with --password-file, or say --password-in-environment when it is in the environment of Domino as TLSPassword.',
    },
  ];
}
