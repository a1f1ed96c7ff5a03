import { atLeast, isFork, newestKnown } from '../../model/nginx-features.ts';
import { nginxName } from '../../model/target.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Nobody knows yet what this nginx has changed. */
export const nginxNewer: Rule = {
  code: 'nginx-newer',
  severity: 'info',
  ignorable: false,
  title: 'this nginx is newer than any that keepgate knows',
  page: `What a configuration may say depends on the version of nginx, and this one came after this keepgate. It gets what the newest
known version gets, which is nearly always right: nginx seldom takes something away. "keepgate check" asks that nginx itself;
look for a newer keepgate too.

  keepgate check --nginx /usr/sbin/nginx`,
  *check({ target }: LintContext): Iterable<Finding> {
    const [major = 0, minor = 0] = newestKnown.split('.').map(Number);
    // the syntax of freenginx is an older one's anyway
    if (isFork(target, 'freenginx') || !atLeast(target.version, `${major}.${minor + 1}`)) return;
    yield {
      message: `${nginxName(target)} is newer than ${newestKnown}, the newest that keepgate knows; it gets what ${newestKnown} gets`,
      at: { path: ['nginx', 'target'] },
    };
  },
};
