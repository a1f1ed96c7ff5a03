import { normalHost } from '../../spec/address.ts';
import { routeAt } from '../route-at.ts';
import type { Finding, LintContext, LintedSite, Rule } from '../rule.ts';

interface Step {
  readonly linted: LintedSite;
  readonly route: string;
}

/** A redirect that leads back to itself. */
export const redirectLoop: Rule = {
  code: 'redirect-loop',
  severity: 'error',
  title: 'a redirect leads somewhere',
  page: `The address that a route redirects to is answered by the same route, or by others that lead back to it: a browser gives up with
"too many redirects". A path takes in all that lies below it, so /docs can't be redirected to /docs/en; an exact route can.

  routes:
    "= /docs": {redirect: {to: /docs/en}}
    /docs: http://127.0.0.1:8080`,
  *check({ sites }: LintContext): Iterable<Finding> {
    const byHost = new Map(sites.flatMap((linted) => linted.site.hosts.map((host) => [host, linted] as const)));
    const done = new Set<string>();
    for (const linted of sites) {
      for (const { route, redirect } of linted.site.locations) {
        if (!redirect) continue;
        const start = { linted, route };
        const circle = follow(start, byHost);
        if (circle === undefined || circle.some((step) => done.has(id(step)))) continue;
        for (const step of circle) done.add(id(step));
        const rest = circle.slice(1).map((step) => `"${step.route}"`);
        const way = rest.length > 0 ? ` through ${rest.join(', ')}` : '';
        yield {
          message: `the redirect of "${route}" leads back to itself${way}; let it lead to a path that another route answers`,
          at: { site: linted.expanded, path: ['routes', route, 'redirect', 'to'] },
        };
      }
    }
  },
};

/** The routes of the circle that a redirect begins; undefined when it ends somewhere, or nobody can tell. */
function follow(start: Step, byHost: ReadonlyMap<string, LintedSite>): Step[] | undefined {
  const steps: Step[] = [start];
  for (;;) {
    const next = steps.at(-1) && nextStep(steps.at(-1) ?? start, byHost);
    if (!next) return undefined;
    if (id(next) === id(start)) return steps;
    if (steps.some((step) => id(step) === id(next))) return undefined; // a circle of others, found from one of them
    steps.push(next);
  }
}

function nextStep({ linted, route }: Step, byHost: ReadonlyMap<string, LintedSite>): Step | undefined {
  const to = linted.site.locations.find((location) => location.route === route)?.redirect?.to;
  if (to === undefined) return undefined;
  const host = linted.site.hosts[0] ?? '';
  const { https } = linted.expanded.options.listen;
  const url = parsed(to, `https://${host.replace(/^\*/, 'x')}:${https}/`);
  if (!url) return undefined;
  const target = to.startsWith('/') ? linted : byHost.get(normalHost(url.hostname));
  if (!target) return undefined;
  const { listen } = target.expanded.options;
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  // the http port redirects to https with the same path
  if (port !== (url.protocol === 'https:' ? listen.https : listen.http)) return undefined;
  const found = routeAt(target.site.locations, decoded(url.pathname));
  return found && { linted: target, route: found.route };
}

function parsed(to: string, base: string): URL | undefined {
  try {
    return new URL(to, base);
  } catch {
    return undefined;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const id = ({ linted, route }: Step): string => `${linted.site.name} ${route}`;
