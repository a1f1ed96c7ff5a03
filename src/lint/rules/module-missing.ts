import { nginxName, type Target } from '../../model/target.ts';
import type { Finding, LintContext, Place, Rule } from '../rule.ts';

interface Need {
  readonly module: string;
  /** What it can't do without it. */
  readonly lack: string;
  /** What asks for it. */
  readonly where: (context: LintContext) => Iterable<Place>;
}

const everySite = (): Place[] => [{ path: ['nginx', 'target'] }];

/** Options of a site, or of its routes. */
function optionsNamed(...names: readonly ('allow' | 'deny' | 'basicAuth' | 'trustedProxies')[]): Need['where'] {
  return function* ({ sites }) {
    for (const { expanded } of sites) {
      const { options } = expanded;
      for (const name of names) {
        if (options[name] !== undefined) yield { site: expanded, path: [name] };
        for (const [key, route] of Object.entries(options.routes ?? {}))
          if (typeof route === 'object' && name in route) yield { site: expanded, path: ['routes', key, name] };
      }
    }
  };
}

function balancing(method: 'least_conn' | 'ip_hash'): Need {
  return {
    module: `http_upstream_${method}_module`,
    lack: `it knows no ${method}`,
    *where({ spec }) {
      for (const [name, { balance }] of Object.entries(spec.upstreams ?? {}))
        if (balance === method) yield { path: ['upstreams', name, 'balance'] };
    },
  };
}

/** Switches of --with- that a site can't do without. */
const added: readonly Need[] = [
  { module: 'http_ssl_module', lack: "it can't serve HTTPS", where: everySite },
  {
    module: 'http_realip_module',
    lack: "it can't take the client's address from a header",
    where: optionsNamed('trustedProxies'),
  },
];

/** What every build has, unless --without- takes it away. */
const usual: readonly Need[] = [
  { module: 'http', lack: "it can't speak HTTP", where: everySite },
  { module: 'http_proxy_module', lack: "it can't pass requests on", where: everySite },
  { module: 'http_rewrite_module', lack: "it can't redirect", where: everySite },
  { module: 'http_map_module', lack: "it can't tell a WebSocket from another request", where: everySite },
  { module: 'http_access_module', lack: "it can't check addresses", where: optionsNamed('allow', 'deny') },
  { module: 'http_auth_basic_module', lack: "it can't ask for a password", where: optionsNamed('basicAuth') },
  balancing('least_conn'),
  balancing('ip_hash'),
];

/** What is rendered needs a module that this nginx was built without. */
export const moduleMissing: Rule = {
  code: 'module-missing',
  severity: 'error',
  ignorable: false,
  title: 'this nginx was built without something that is needed',
  page: `An nginx that was built by hand has only what it was told: HTTPS needs --with-http_ssl_module, trustedProxies
--with-http_realip_module, and switches such as --without-http_rewrite_module take away what each build has otherwise. "nginx -V"
tells. Build it with the module, or take a package of a distribution or of nginx.org, which have all of them. When it is the
target of the spec that is wrong, correct it.

  ./configure --with-http_ssl_module --with-http_v2_module --with-http_realip_module`,
  *check(context: LintContext): Iterable<Finding> {
    const { target } = context;
    for (const { module, lack, where } of missingFrom(target)) {
      const message = `this ${nginxName(target)} is built without ${module}: ${lack}`;
      for (const at of where(context)) yield { message, at };
    }
  },
};

function missingFrom({ modules, without = [] }: Target): readonly Need[] {
  return [
    ...added.filter(({ module }) => modules !== undefined && !modules.includes(module)),
    ...usual.filter(({ module }) => without.includes(module)),
  ];
}
