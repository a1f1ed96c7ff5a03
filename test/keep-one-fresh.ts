/** What `cert renew` does with one certificate, in this process and with an nginx that is not the machine's. */
import { join } from 'node:path';
import type { Job } from '../src/acme/due.ts';
import { type Fresh, keepFresh } from '../src/acme/keep-fresh.ts';
import { sessions } from '../src/acme/sessions.ts';
import { solverPool } from '../src/acme/solver-pool.ts';
import { withLock } from '../src/certs/lock.ts';
import type { CertificateStore } from '../src/certs/store.ts';
import type { NginxInstance } from '../src/deploy/nginx-instance.ts';
import type { SmallCa } from './small-ca/start.ts';

export interface OneFresh {
  readonly ca: SmallCa;
  readonly store: CertificateStore;
  readonly host: string;
  /** The folder that challenges go below. */
  readonly webroot: string;
  readonly nginx: NginxInstance | 'none';
  /** Default: false. */
  readonly force?: boolean;
}

/** The certificate `api` of one host. Each run has a session of its own, as each process has. */
export async function keepOneFresh({ ca, store, host, webroot, nginx, force = false }: OneFresh): Promise<Fresh> {
  const { signal } = new AbortController();
  const now = () => new Date();
  const settings = {
    ...({ origin: 'acme', keyType: 'ec-p256' } as const),
    ...{ names: [host], directory: ca.directoryUrl, caFile: ca.caFile, challenge: { webroot } },
  };
  const job: Job = { name: 'api', settings };
  const solvers = solverPool({ challengeRoot: webroot });
  const accounts = join(store.root, 'accounts');
  return withLock(store, { wait: 10_000 }, () =>
    keepFresh([job], {
      ...{ store, now, signal, solvers, nginx, force },
      sessions: sessions({ accounts, agreeToTerms: true, now, signal }),
      patient: false,
      preflight: false,
      hooks: false,
      resolver: undefined,
      concurrency: 1,
      keep: 5,
      report: () => undefined,
      onReached: () => undefined,
      exported: async () => [],
      deployed: async () => [],
    }),
  );
}
