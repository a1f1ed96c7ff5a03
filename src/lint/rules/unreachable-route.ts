import { literalStart } from '../../model/path-spelling.ts';
import { parseRoute, routesOf } from '../../model/routes.ts';
import { matchesAllBelow, routeRegex } from '../route-regex.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A route that a regular expression takes everything from. */
export const unreachableRoute: Rule = {
  code: 'unreachable-route',
  severity: 'warning',
  title: 'every route can be reached',
  page: `nginx asks an exact route ("= /path") first; then it looks for the longest path, but takes the first regular expression
that matches, in the order of the spec, before it takes that path. A path with a guard goes before all of these, where the
site needs it. A regular expression that matches everything below a
path, or everything that a later one matches, leaves nothing for the other route: it is never used. Narrow the regular
expression, put the narrower one first, or take the dead route out.

  routes:
    /api: http://127.0.0.1:8080
    "~ ^/": http://127.0.0.1:9090       # takes all that is below /api too; the path "/" would not`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { site, expanded } of sites) {
      if (!Object.keys(expanded.options.routes ?? {}).some((key) => key.startsWith('~'))) continue;
      const routes = Object.keys(routesOf(expanded.options)).map((key) => ({ key, ...parseRoute(key) }));
      const earlier: { key: string; sign: '~' | '~*'; regex: RegExp }[] = [];
      const finding = (key: string, message: string, by: string): Finding => ({
        message,
        at: {
          site: expanded,
          path: key === '/' && !expanded.options.routes?.[key] ? ['upstream'] : ['routes', key],
          what: 'key',
        },
        related: [{ message: 'this one is taken first', at: { site: expanded, path: ['routes', by], what: 'key' } }],
      });
      const before = new Set(
        site.locations.filter(({ modifier }) => modifier?.startsWith('~')).map(({ route }) => route),
      );
      const guards = routes.filter(({ key, sign }) => sign === '' && before.has(key));
      for (const { key, sign, path } of routes) {
        if (sign !== '~' && sign !== '~*') continue;
        const start = literalStart(path);
        const guard = guards.find((other) => start.startsWith(`${other.path}/`));
        if (guard) {
          yield finding(key, `the route "${key}" is never used: "${guard.key}" is guarded, and goes first`, guard.key);
          continue;
        }
        const by = earlier.find((other) => {
          const sameCase = sign === other.sign || other.sign === '~*';
          return matchesAllBelow(other.regex, sameCase && start !== '' ? start : '/');
        });
        if (by)
          yield finding(
            key,
            `the route "${key}" is never used: "${by.key}" stands before it and matches all of it`,
            by.key,
          );
        const regex = routeRegex(sign, path);
        if (regex) earlier.push({ key, sign, regex });
      }
      for (const { key, sign, path } of routes) {
        if (sign !== '' || before.has(key)) continue;
        const folder = path === '/' ? path : `${path}/`;
        const by = earlier.find(({ regex }) => matchesAllBelow(regex, folder));
        if (by)
          yield finding(
            key,
            `nothing below the route "${key}" is reached: the regular expression "${by.key}" matches all of it and goes first`,
            by.key,
          );
      }
    }
  },
};
