/** The test CA pebble with its DNS server, each start of it with ports, a folder and a TLS certificate of its own. */
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { freePorts } from '../src/verify/ports.ts';
import { throwawayFolder } from '../src/verify/throwaway.ts';
import { chain } from './ca.ts';
import { parts } from './parts.ts';

export interface PebbleOptions {
  /** bookworm's is 2.4, forky's 2.10 (ARI and profiles); forky unless given. */
  readonly suite?: 'bookworm' | 'forky';
  /** Where it looks for http-01 answers; a free one unless given. */
  readonly httpPort?: number;
  /** Where it looks for tls-alpn-01 answers; a free one unless given. */
  readonly tlsPort?: number;
  /** How many percent of the nonces it refuses; 0 unless given. */
  readonly nonceReject?: number;
  /** MAC keys (base64url) by key identifier; when given, an account without one of them is refused. */
  readonly eab?: Readonly<Record<string, string>>;
  /** Of the certificates, in seconds. */
  readonly validity?: number;
  /** 2.10 alone. */
  readonly profiles?: Readonly<Record<string, { readonly description: string; readonly validityPeriod: number }>>;
  /** How many percent of the valid authorizations it uses again; 0 unless given. */
  readonly authzReuse?: number;
  /** Further chains to other roots; 0 unless given. */
  readonly alternateRoots?: number;
  /** Names that it refuses. */
  readonly blocklist?: readonly string[];
  /** What a name without records of its own resolves to; 127.0.0.1 and nothing unless given. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** `host:port` of the DNS server that it asks; the one that is started with it unless given. */
  readonly dns?: string;
  /** Its Retry-After for authorizations and orders in seconds (2.10 alone). */
  readonly retryAfter?: { readonly authz: number; readonly order: number };
  /** Other variables, such as PEBBLE_WFE_ORDERS_PER_PAGE. */
  readonly env?: Readonly<Record<string, string>>;
}

export type Pebble = Awaited<ReturnType<typeof startPebble>>;

/** Becomes the program; whatever ends this process, the program ends with it (see src/verify/nginx-process.ts). */
const guarded = 'exec 3<&0; { read -r _ <&3; kill -s KILL -- -$$; } & exec "$@" </dev/null 3<&-';

/** Starts both programs; with `await using` they end with the block. */
export async function startPebble(options: PebbleOptions = {}) {
  for (let tries = 3; ; tries--) {
    try {
      return await startOnce(options);
    } catch (error) {
      const taken = error instanceof Error && error.message.includes('address already in use');
      if (!taken || tries === 1) throw error; // another program took a port in passing
    }
  }
}

async function startOnce(options: PebbleOptions) {
  const { suite = 'forky', eab = {}, ipv4 = '127.0.0.1', ipv6 = '' } = options;
  const [acme = 0, management = 0, dns = 0, dnsManagement = 0, http = 0, tls = 0] = await freePorts(6);
  const folder = throwawayFolder();
  const file = (name: string, text: string) => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const { root, leaf, fullchain } = chain(['localhost', '127.0.0.1']);
  const caFile = file('ca.pem', root.certificate);
  const httpPort = options.httpPort ?? http;
  const config = {
    listenAddress: `127.0.0.1:${acme}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: file('server.pem', fullchain),
    privateKey: file('server.key', leaf.key),
    httpPort,
    tlsPort: options.tlsPort ?? tls,
    ocspResponderURL: '',
    externalAccountBindingRequired: options.eab !== undefined,
    externalAccountMACKeys: eab,
    domainBlocklist: options.blocklist ?? [],
    certificateValidityPeriod: options.validity ?? 0,
    ...(options.profiles && { profiles: options.profiles }),
    ...(options.retryAfter && { retryAfter: options.retryAfter }),
  };
  const env = {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 0),
    PEBBLE_AUTHZREUSE: String(options.authzReuse ?? 0),
    PEBBLE_ALTERNATE_ROOTS: String(options.alternateRoots ?? 0),
    ...options.env,
  };
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
  const doh = suite === 'forky' ? ['-dnsserver', `127.0.0.1:${dns}`, '-doh', ''] : ['-dns01', `127.0.0.1:${dns}`];
  const defaults = ['-defaultIPv4', ipv4, '-defaultIPv6', ipv6];
  const dnsServer = start(
    [parts.challtestsrv[suite], ...off, ...doh, '-management', `127.0.0.1:${dnsManagement}`, ...defaults],
    {},
  );
  const configFile = file('pebble.json', JSON.stringify({ pebble: config }));
  const ca = start([parts.pebble[suite], '-config', configFile, '-dnsserver', options.dns ?? `127.0.0.1:${dns}`], env);
  const stop = async () => {
    await Promise.all([ca.stop(), dnsServer.stop()]);
    folder.remove();
  };

  const directory = `https://127.0.0.1:${acme}/dir`;
  const managementUrl = `https://127.0.0.1:${management}`;
  const dnsManagementUrl = `http://127.0.0.1:${dnsManagement}`;
  const get = (url: string, body?: string) => exchange(url, root.certificate, body);
  /** POSTs to the DNS server's management, such as `set-txt`. */
  const manage = async (path: string, body: object) => {
    const { ok, status } = await fetch(`${dnsManagementUrl}/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!ok) throw new Error(`challtestsrv answered ${status} to ${path}`);
  };
  try {
    await Promise.all([
      ca.until(() => get(directory)),
      dnsServer.until(() => manage('clear-a', { host: 'nothing.invalid.' })),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    directory,
    caFile,
    /** Where it looks for http-01 answers. */
    httpPort,
    tlsPort: config.tlsPort,
    /** The address of the DNS server that is started with it. */
    dns: `127.0.0.1:${dns}`,
    managementUrl,
    dnsManagementUrl,
    manage,
    /** The root (0) that certificates chain up to, or an alternate one, as PEM. */
    root: (number = 0) => get(`${managementUrl}/roots/${number}`),
    /** The names below lack the closing dot that the DNS server wants. */
    setTxt: (host: string, value: string) => manage('set-txt', { host: `${host}.`, value }),
    clearTxt: (host: string) => manage('clear-txt', { host: `${host}.` }),
    addA: (host: string, ...addresses: string[]) => manage('add-a', { host: `${host}.`, addresses }),
    clearA: (host: string) => manage('clear-a', { host: `${host}.` }),
    addAaaa: (host: string, ...addresses: string[]) => manage('add-aaaa', { host: `${host}.`, addresses }),
    clearAaaa: (host: string) => manage('clear-aaaa', { host: `${host}.` }),
    addCaa: (host: string, ...policies: { tag: string; value: string }[]) =>
      manage('add-caa', { host: `${host}.`, policies }),
    setCname: (host: string, target: string) => manage('set-cname', { host: `${host}.`, target: `${target}.` }),
    /** What its ARI (2.10 alone) says from now on about a certificate (PEM). */
    setRenewalInfo: (certificate: string, response: object) =>
      get(`${managementUrl}/set-renewal-info/`, JSON.stringify({ certificate, ariResponse: JSON.stringify(response) })),
    /** What the CA says of a certificate: `Valid` or `Revoked`. */
    statusOf: async (serial: string): Promise<string> =>
      JSON.parse(await get(`${managementUrl}/cert-status-by-serial/${serial}`)).Status,
    /** All that the CA has logged so far. */
    log: ca.output,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs a program until `stop`; its output is kept, and told when it doesn't start. */
function start(command: readonly string[], env: Readonly<Record<string, string>>) {
  const child = execa('sh', ['-c', guarded, 'sh', ...command], {
    env,
    stdin: 'pipe',
    all: true,
    buffer: false,
    reject: false,
    detached: true,
  });
  let text = '';
  let ended = false;
  child.all.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const end = child.then(() => {
    ended = true;
  });
  return {
    output: () => text,
    stop: async () => {
      child.stdin.end();
      await end;
    },
    until: async (ready: () => Promise<unknown>) => {
      for (const started = performance.now(); ; await delay(20)) {
        const failure = await ready().then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure === undefined) return;
        if (ended || performance.now() - started > 50_000) {
          throw new Error(`${command[0]} did not start: ${failure}\n${text}`);
        }
      }
    },
  };
}

/** The body of a 2xx answer; GET, or POST when there is a body. */
function exchange(url: string, ca: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'User-Agent': 'keepgate-tests' }; // 2.10 refuses requests without one
    const method = body === undefined ? 'GET' : 'POST';
    const outgoing = request(url, { ca, agent: false, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${url} answered ${response.statusCode}: ${text}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
