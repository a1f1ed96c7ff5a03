/** The upstream blocks of one site's file, made as its routes ask for them. */
import { canonicalIpv6, isIpv4, normalHost, parseAddress, parseBackendUrl } from '../spec/address.ts';
import type { UpstreamOptions } from '../spec/types.gen.ts';
import type { NginxFeatures } from './nginx-features.ts';
import type { ProxyPass, Upstream } from './site.ts';

/** Where a system keeps the CA certificates that it trusts (Debian's path; `tls.ca` names another). */
export const systemCa = '/etc/ssl/certs/ca-certificates.crt';

/** Shorter than the idle timeout of the servers people run (Node.js and uvicorn close after 5 s), so that no request meets a closing one. */
const keepaliveTimeout = '4s';

export class SiteUpstreams {
  readonly #site: string;
  readonly #named: Readonly<Record<string, UpstreamOptions>>;
  readonly #features: NginxFeatures;
  readonly #resolvers: readonly string[];
  readonly #suggest: (name: string) => string | undefined;
  readonly #made = new Map<string, Upstream>();
  /** What a name stands for → the name. */
  readonly #names = new Map<string, string>();

  constructor(
    site: string,
    named: Readonly<Record<string, UpstreamOptions>>,
    features: NginxFeatures,
    resolvers: readonly string[],
    /** The name that an unknown one is meant to be. */
    suggest: (name: string) => string | undefined,
  ) {
    this.#site = site;
    this.#named = named;
    this.#features = features;
    this.#resolvers = resolvers;
    this.#suggest = suggest;
  }

  get all(): readonly Upstream[] {
    return [...this.#made.values()];
  }

  /** How to pass requests to an upstream's name or URL; the reason when that can't be. */
  use(reference: string): Omit<ProxyPass, 'streaming'> | string {
    const options = reference.includes('/') ? inline(reference) : this.#find(reference);
    if (typeof options === 'string') return options;
    const name = this.#nameFor(reference, options);
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name, options));
    const { tls } = options;
    const { gzip } = this.#features;
    if (!tls) return { pass: `http://${name}`, gzip, tls: null };
    const first = options.servers[0];
    const address = parseAddress(typeof first === 'string' ? first : (first?.address ?? ''));
    const host = typeof address === 'string' ? '' : address.host;
    return {
      pass: `https://${name}`,
      gzip,
      tls: {
        name: tls.name === undefined ? host : normalHost(tls.name),
        verify: tls.verify ?? true,
        ca: tls.ca ?? systemCa,
      },
    };
  }

  /** The ports of the servers that `use` told how to pass requests to. */
  ports(pass: string): ReadonlySet<string> {
    const servers = this.#made.get(pass.replace(/^https?:\/\//, ''))?.servers ?? [];
    return new Set(servers.map(({ address }) => address.replace(/^.*:/, '')));
  }

  /** Of two backends whose names would be the same (`http://ä.example`, `http://ö.example`), the second gets a number. */
  #nameFor(reference: string, options: UpstreamOptions): string {
    const isUrl = reference.includes('/');
    const identity = isUrl ? JSON.stringify(options) : reference;
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    const wanted = `keepgate_${this.#site}_${isUrl ? plainName(reference) : reference}`;
    let name = wanted;
    for (let count = 2; this.#made.has(name); count++) name = `${wanted}_${count}`;
    this.#names.set(identity, name);
    return name;
  }

  #find(name: string): UpstreamOptions | string {
    const found = Object.hasOwn(this.#named, name) ? this.#named[name] : undefined;
    if (found) return found;
    const near = this.#suggest(name);
    if (near) return `there is no upstream "${name}"; did you mean "${near}"?`;
    return `there is no upstream "${name}"; define it below "upstreams", or write the backend's URL`;
  }

  #make(name: string, options: UpstreamOptions): Upstream {
    const { balance = 'round_robin', keepalive = {} } = options;
    let resolves = false;
    const servers = options.servers.map((entry) => {
      const server = typeof entry === 'string' ? { address: entry } : entry;
      const { text, isName } = backendAddress(server.address);
      const resolve = isName && this.#features.upstreamResolve && this.#resolvers.length > 0;
      resolves ||= resolve;
      const parameters = [
        ...(server.weight === undefined ? [] : [`weight=${server.weight}`]),
        ...(server.maxFails === undefined ? [] : [`max_fails=${server.maxFails}`]),
        ...(server.failTimeout === undefined ? [] : [`fail_timeout=${server.failTimeout}`]),
        ...(server.backup ? ['backup'] : []),
        ...(resolve ? ['resolve'] : []),
      ];
      return { address: text, parameters };
    });
    const { connections = 32, timeout = keepaliveTimeout } = keepalive;
    const { upstreamKeepalive } = this.#features;
    const none = this.#features.keepaliveByDefault ? { connections, timeout: null } : null;
    return {
      name,
      balance: balance === 'round_robin' ? null : balance,
      zone: this.#features.upstreamZone && (resolves || servers.length > 1) ? `${name}_256k` : null,
      resolvers: resolves ? this.#resolvers : [],
      servers,
      keepalive: connections === 0 || !upstreamKeepalive ? none : { connections, timeout },
    };
  }
}

function inline(url: string): UpstreamOptions | string {
  const backend = parseBackendUrl(url);
  if (typeof backend === 'string') return `"${url}" ${backend}`;
  const host = backend.host.includes(':') ? `[${backend.host}]` : backend.host;
  const server = `${host}:${backend.port}`;
  return backend.scheme === 'https' ? { servers: [server], tls: {} } : { servers: [server] };
}

function plainName(url: string): string {
  const plain = url.replace(/^http:\/\//, '').replace(/^https:\/\//, 'tls_');
  return plain
    .toLowerCase()
    .replace(/\/$/, '')
    .replace(/[^a-z0-9._-]/g, '_');
}

/** An address as nginx is to have it: `localhost` would be tried as ::1 first, and most APIs don't listen there. */
function backendAddress(address: string): { text: string; isName: boolean } {
  const parsed = parseAddress(address);
  if (typeof parsed === 'string') return { text: address, isName: false };
  const { host, port } = parsed;
  if (host === 'localhost') return { text: `127.0.0.1:${port}`, isName: false };
  const six = canonicalIpv6(host) !== undefined;
  return { text: six ? `[${host}]:${port}` : `${host}:${port}`, isName: !six && !isIpv4(host) };
}
