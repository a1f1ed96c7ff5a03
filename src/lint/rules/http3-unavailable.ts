import { atLeast } from '../../model/nginx-features.ts';
import { nginxName } from '../../model/target.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** HTTP/3 is asked for, and this nginx has none. */
export const http3Unavailable: Rule = {
  code: 'http3-unavailable',
  severity: 'info',
  title: 'HTTP/3 needs an nginx that has it',
  page: `HTTP/3 works from nginx 1.25.1 on (in 1.25.0 every handshake fails), and only builds with --with-http_v3_module have it
(nginx.org's packages and Debian 13's do). For another target it is left out, and clients use HTTP/2 or HTTP/1.1. Nothing is
broken. Of a target whose modules are named each one has to be.

  nginx: {target: {version: 1.26.3, openssl: 3.5.1, modules: [http_ssl_module, http_v2_module, http_v3_module]}}`,
  *check({ sites, features, target }: LintContext): Iterable<Finding> {
    if (features.http3) return;
    const reason = atLeast(target.version, '1.25.1')
      ? `this ${nginxName(target)} is built without http_v3_module`
      : `nginx ${target.version} is older than 1.25.1`;
    for (const { expanded } of sites) {
      if (!expanded.options.http3) continue;
      yield { message: `http3 is left out: ${reason}`, at: { site: expanded, path: ['http3'] } };
    }
  },
};
