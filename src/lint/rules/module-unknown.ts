import { nginxName } from '../../model/target.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A version alone does not say whether HTTP/3 is there. */
export const moduleUnknown: Rule = {
  code: 'module-unknown',
  severity: 'info',
  title: 'a version alone does not say what was built in',
  page: `HTTP/3 needs an nginx that was built with http_v3_module: the packages of nginx.org and of Debian 13 are, others are not. The target
is a version alone, which doesn't tell, so what you ask for is written; an nginx without the module refuses it. Give the output of
nginx -V, and it is known.

  nginx -V 2> host.nginx-V
  keepgate render --target host.nginx-V`,
  *check({ sites, target }: LintContext): Iterable<Finding> {
    if (target.modules !== undefined) return;
    for (const { site, expanded } of sites) {
      if (!site.http3) continue;
      yield {
        message: `http3 needs an nginx with http_v3_module, and a version alone does not say whether this ${nginxName(target)} has it`,
        help: 'Give the output of nginx -V, as nginx.target: {file: PATH} or with --target PATH.',
        at: { site: expanded, path: ['http3'] },
      };
    }
  },
};
