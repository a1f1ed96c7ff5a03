/** Many new certificates, one test and one reload of nginx: all of them are served afterwards, or the ones before. */
import process from 'node:process';
import { type CertificateStore, type Live, liveVersion, type StoredVersion, switchAll } from '../certs/store.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { inFolder } from './install-folder.ts';
import { listeningSockets, type Socket } from './listening-sockets.ts';
import { installedNginx, type NginxInstance } from './nginx-instance.ts';
import { type NginxProcess, nginxOf, userOf } from './processes.ts';
import { recoverInterrupted } from './recover.ts';
import { reloadOrPutBack } from './reload-or-put-back.ts';
import { askForCertificate, type ExpectedCertificate } from './served-certificate.ts';

export interface Activation {
  readonly name: string;
  readonly version: StoredVersion;
}

export interface ActivateOptions {
  /** undefined: the nginx that is installed here. `none`: nothing is reloaded. */
  readonly nginx?: NginxInstance | 'none' | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ActivationResult {
  /** `switched`: there is no nginx to reload, or it doesn't run, or not for this user. `put-back` and `stuck`: the certificates before are in place again. */
  readonly outcome: 'reloaded' | 'switched' | 'put-back' | 'stuck';
  readonly diagnostics: readonly Diagnostic[];
  /** How many places were seen to serve a new certificate. */
  readonly observed: number;
}

/** Milliseconds for one handshake. */
const handshake = 2000;

/**
 * Switches, tests, reloads and watches. A server that was seen to serve the certificate before has to serve the new one.
 * @throws KeepgateError store-damaged (4), put-back-failed (4)
 */
export async function activate(
  store: CertificateStore,
  activations: readonly Activation[],
  options: ActivateOptions = {},
): Promise<ActivationResult> {
  const { signal } = options;
  const before = activations.map(({ name }) => ({ name, live: liveVersion(store, name) }));
  const switchOver = (): void =>
    switchAll(
      store,
      activations.map(({ name, version }) => ({ name, live: version })),
    );
  const nginx = options.nginx === 'none' ? undefined : (options.nginx ?? (await installedNginx()));
  const running = nginx && nginxOf(nginx.pidFile);
  const foreign = running && foreignTo(running.master);
  if (nginx === undefined || running === undefined || foreign) {
    switchOver();
    return { outcome: 'switched', diagnostics: foreign ? [foreign] : [], observed: 0 };
  }
  const recovered = await undoInterrupted(nginx, signal);
  const places = await servedPlaces(listeningSockets(running.master.pid), activations, before);
  switchOver();
  const putBack = (): void =>
    switchAll(
      store,
      before.flatMap(({ name, live }) => (live === undefined ? [] : [{ name, live }])),
    );
  const expect = places.map(({ now }) => now);
  const expectBefore = places.map(({ was }) => was);
  const result = await reloadOrPutBack({ instance: nginx, expect, expectBefore, putBack, ...(signal && { signal }) });
  if (result.outcome === 'put-back' || result.outcome === 'stuck')
    return { outcome: result.outcome, diagnostics: [...recovered, ...result.diagnostics], observed: 0 };
  const outcome = result.outcome === 'reloaded' ? 'reloaded' : 'switched';
  const diagnostics = [...recovered, ...result.first.diagnostics];
  if (outcome === 'switched') return { outcome, diagnostics, observed: 0 };
  const first = activations.filter(({ name }) =>
    before.some((one) => one.name === name && typeof one.live !== 'object'),
  );
  const seen = await countServed(listeningSockets(running.master.pid), first);
  return { outcome, diagnostics, observed: expect.length + seen };
}

/** A reload must not have nginx read what a run of `apply` has half put in place. Where that can't be undone, `nginx -t` decides. */
async function undoInterrupted(nginx: NginxInstance, signal: AbortSignal | undefined): Promise<readonly Diagnostic[]> {
  const { folder } = nginx;
  if (folder === undefined) return [];
  try {
    return await inFolder(folder, (tree) => recoverInterrupted(tree, { shown: folder, instance: nginx }, signal));
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    return [{ ...error.diagnostic, severity: 'warning' }];
  }
}

/** Only root and the user of its master can have nginx reloaded; nobody else can even test its configuration whole. */
function foreignTo(master: NginxProcess): Diagnostic | undefined {
  const [own, other] = [process.geteuid?.(), userOf(master)];
  if (own === 0 || own === other) return undefined;
  return {
    code: 'reload-not-permitted',
    severity: 'warning',
    message: `nginx (pid ${master.pid}) runs as ${other === 0 ? 'root' : 'another user'} and was not reloaded: what it has read of the store it serves until it is`,
    help: 'If it serves these certificates, run as root: nginx -t && nginx -s reload. If it does not, --no-reload leaves this out.',
  };
}

/** For what took the place of nothing or of a stand-in: it may not have a server block yet. */
async function countServed(sockets: readonly Socket[], activations: readonly Activation[]): Promise<number> {
  const found = await Promise.all(
    activations.flatMap(({ version: { meta } }) => {
      const host = meta.names.find((one) => !one.startsWith('*.'));
      if (host === undefined) return [];
      const { fingerprint } = meta;
      return sockets.map(async ({ address, port }) => {
        const { served } = await askForCertificate({ host, address, port, fingerprint }, handshake);
        return served === fingerprint.replaceAll(':', '').toLowerCase();
      });
    }),
  );
  return found.filter(Boolean).length;
}

interface Place {
  readonly was: ExpectedCertificate;
  readonly now: ExpectedCertificate;
}

/** Where the certificates before are served. Of a stand-in nothing is known, so nothing is expected. */
async function servedPlaces(
  sockets: readonly Socket[],
  activations: readonly Activation[],
  before: readonly { name: string; live: Live | undefined }[],
): Promise<Place[]> {
  const asked = activations.flatMap(({ name, version }) => {
    const live = before.find((one) => one.name === name)?.live;
    const host = version.meta.names.find((one) => !one.startsWith('*.'));
    if (typeof live !== 'object' || host === undefined) return [];
    return sockets.map(async ({ address, port }): Promise<Place[]> => {
      const was = { host, address, port, fingerprint: live.meta.fingerprint };
      const { served } = await askForCertificate(was, handshake);
      const isServed = served === live.meta.fingerprint.replaceAll(':', '').toLowerCase();
      return isServed ? [{ was, now: { ...was, fingerprint: version.meta.fingerprint } }] : [];
    });
  });
  return (await Promise.all(asked)).flat();
}
