import type { ExpandedSite, PlainSite } from '../../model/expand.ts';
import { certificateHeaders } from '../../model/headers.ts';
import type { Path } from '../../spec/document.ts';
import type { HeaderChanges, HeaderOptions } from '../../spec/types.gen.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

interface Owned {
  readonly names: RegExp;
  /** Even taking the header away breaks something. */
  readonly removal: boolean;
  readonly wayOut: string;
}

const hop = 'HTTP and nginx set it for each connection; leave it out';

const request: readonly Owned[] = [
  {
    names: /^host$/,
    removal: true,
    wayOut: 'the backend gets the public name, which the links that it makes need; leave it out',
  },
  { names: /^(connection|upgrade)$/, removal: true, wayOut: 'the option websocket decides about it; leave it out' },
  {
    names: /^(transfer-encoding|content-length)$/,
    removal: true,
    wayOut: 'it says where a body ends, and nginx knows; leave it out',
  },
  { names: /^(te|trailer|keep-alive|proxy-.*)$/, removal: false, wayOut: hop },
  {
    names: /^(x-forwarded-(for|host|port|proto)|x-real-ip|forwarded)$/,
    removal: false,
    wayOut: 'keepgate sets it from the connection; behind a balancer, use trustedProxies',
  },
];

const response: readonly Owned[] = [
  { names: /^(connection|keep-alive|upgrade|trailer|proxy-.*)$/, removal: true, wayOut: hop },
  {
    names: /^(transfer-encoding|content-length)$/,
    removal: true,
    wayOut: 'it says where a body ends, and nginx knows; leave it out',
  },
  { names: /^strict-transport-security$/, removal: false, wayOut: 'use tls.hsts' },
  { names: /^alt-svc$/, removal: false, wayOut: 'use http3' },
  { names: /^(server|date)$/, removal: false, wayOut: 'nginx sends its own, and a client would see two; leave it out' },
];

/** Headers that keepgate or HTTP itself decides about. */
export const headerConflict: Rule = {
  code: 'header-conflict',
  severity: 'error',
  ignorable: false,
  title: 'some headers have an option of their own',
  page: `Some headers belong to HTTP itself (Connection, Content-Length, Transfer-Encoding …) and some to keepgate (Host, X-Forwarded-For,
Strict-Transport-Security …): set a second time they break the connection, let a client pretend to be another, or arrive
twice, which is invalid. The finding names the option to use instead. A header whose name stands twice, in whatever case,
is refused too: only one of them could be meant. null takes a header away where that is safe. A header that is set can't be
passed on from the client as well, nor can those in which nginx tells the backend of the client's certificate.

  tls: {hsts: {maxAge: 63072000}}       # not headers.response.Strict-Transport-Security`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { expanded } of sites) {
      for (const { changes, owned, path } of headerLists(expanded.options)) {
        const seen = new Map<string, string>();
        for (const [name, value] of Object.entries(changes)) {
          const lower = name.toLowerCase();
          const at = { site: expanded, path: [...path, name], what: 'key' as const };
          const other = seen.get(lower);
          if (other !== undefined)
            yield { message: `"${name}" is the same header as "${other}"; keep one of them`, at };
          seen.set(lower, name);
          const owner = owned.find(({ names, removal }) => names.test(lower) && (removal || value !== null));
          if (owner) yield { message: `"${name}" is not for headers to change: ${owner.wayOut}`, at };
        }
      }
      yield* passedAndSet(expanded);
    }
  },
};

/** What the client says must not stand beside, or in place of, what nginx says. */
function* passedAndSet(site: ExpandedSite): Iterable<Finding> {
  const { options } = site;
  const own = options.tls.clientAuth ? certificateHeaders : [];
  const lists = [{ headers: options.headers, path: ['headers'] }];
  for (const [key, route] of Object.entries(options.routes ?? {}))
    if (typeof route !== 'string') lists.push({ headers: route.headers, path: ['routes', key, 'headers'] });
  for (const { headers, path } of lists) {
    const set = new Set([...own, ...Object.keys({ ...options.headers?.request, ...headers?.request })].map(lower));
    for (const [index, name] of (headers?.pass ?? []).entries()) {
      if (!set.has(lower(name))) continue;
      const message = own.some((other) => lower(other) === lower(name))
        ? `"${name}" can't be passed on: nginx tells the backend there which certificate it has seen (tls.clientAuth)`
        : `"${name}" is set and passed on; keep one of both`;
      yield { message, at: { site, path: [...path, 'pass', index] } };
    }
  }
}

const lower = (name: string): string => name.toLowerCase();

function* headerLists(site: PlainSite): Iterable<{ changes: HeaderChanges; owned: readonly Owned[]; path: Path }> {
  const both = function* (headers: HeaderOptions | undefined, path: Path) {
    if (headers === undefined) return;
    yield { changes: headers.request ?? {}, owned: request, path: [...path, 'request'] };
    yield { changes: headers.response ?? {}, owned: response, path: [...path, 'response'] };
  };
  yield* both(site.headers, ['headers']);
  for (const [key, route] of Object.entries(site.routes ?? {}))
    if (typeof route !== 'string') yield* both(route.headers, ['routes', key, 'headers']);
}
