import { atLeast, oldestNginx } from '../../model/nginx-features.ts';
import { nginxName } from '../../model/target.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Nothing was ever tested with it. */
export const nginxTooOld: Rule = {
  code: 'nginx-too-old',
  severity: 'error',
  ignorable: false,
  title: 'this nginx is older than what keepgate writes for',
  page: `keepgate writes for nginx 1.18.0 (2020) and later. Older ones lack what its files need, and get no fixes any more. Update nginx: every
distribution that is still cared for has a later one, and nginx.org has packages. When it is the target of the spec that is wrong,
correct it.

  nginx: {target: 1.22.1}`,
  *check({ target }: LintContext): Iterable<Finding> {
    if (atLeast(target.version, oldestNginx)) return;
    yield {
      message: `${nginxName(target)} is older than ${oldestNginx}, the oldest that keepgate writes for; update nginx`,
      at: { path: ['nginx', 'target'] },
    };
  },
};
