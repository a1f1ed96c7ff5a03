import { nginxName } from '../../model/target.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** What this nginx was built without, and a site can do without. */
export const moduleLeftOut: Rule = {
  code: 'module-left-out',
  severity: 'info',
  title: 'this nginx was built without something that is useful',
  page: `An nginx that was built by hand may lack a module that packages have. Without http_v2_module clients use HTTP/1.1, without
http_upstream_keepalive_module each request opens a connection to the backend, without http_upstream_zone_module each worker
keeps its own count of failed backends. What needs the module is left out, and nothing is broken. To have it, build nginx with
the module, or take a package.`,
  *check({ sites, features, target }: LintContext): Iterable<Finding> {
    const upstreams = sites.flatMap(({ site }) => site.upstreams);
    const wanted: readonly (readonly [string, string, boolean])[] = [
      ['HTTP/2 is', 'http_v2_module', !features.http2 && sites.some(({ expanded }) => expanded.options.http2)],
      [
        'kept connections to backends are',
        'http_upstream_keepalive_module',
        !features.upstreamKeepalive && upstreams.length > 0,
      ],
      [
        'the state of backends that all workers share is',
        'http_upstream_zone_module',
        !features.upstreamZone && upstreams.some(({ servers }) => servers.length > 1),
      ],
    ];
    for (const [what, module, isLeftOut] of wanted) {
      if (!isLeftOut) continue;
      yield {
        message: `${what} left out: this ${nginxName(target)} is built without ${module}`,
        at: { path: ['nginx', 'target'] },
      };
    }
  },
};
