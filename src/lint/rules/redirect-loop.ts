import type { Location } from '../../model/site.ts';
import { normalHost } from '../../spec/address.ts';
import { routeAt } from '../route-at.ts';
import type { Finding, LintContext, LintedSite, Rule } from '../rule.ts';

interface Step {
  readonly linted: LintedSite;
  readonly location: Location;
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
    const starts = sites.flatMap((linted) =>
      linted.site.locations.flatMap((location) => (location.redirect ? [{ linted, location }] : [])),
    );
    const circles = circlesOf(starts, byHost);
    for (const start of starts) {
      const circle = circles.get(id(start));
      if (circle === undefined) continue;
      const at = circle.findIndex((step) => id(step) === id(start));
      const rest = [...circle.slice(at + 1), ...circle.slice(0, at)].map(({ location }) => `"${location.route}"`);
      for (const step of circle) circles.delete(id(step));
      const { route } = start.location;
      const way = rest.length > 0 ? ` through ${rest.join(', ')}` : '';
      yield {
        message: `the redirect of "${route}" leads back to itself${way}; let it lead to a path that another route answers`,
        at: { site: start.linted.expanded, path: ['routes', route, 'redirect', 'to'] },
      };
    }
  },
};

/** Each circle by the redirects that are in it. Every redirect is followed once, however many lead to it. */
function circlesOf(starts: readonly Step[], byHost: ReadonlyMap<string, LintedSite>): Map<string, readonly Step[]> {
  const circles = new Map<string, readonly Step[]>();
  const visited = new Set<string>();
  for (const start of starts) {
    const walk = new Map<string, Step>();
    let step: Step | undefined = start;
    while (step && !visited.has(id(step))) {
      visited.add(id(step));
      walk.set(id(step), step);
      step = nextStep(step, byHost);
    }
    if (!step || !walk.has(id(step))) continue; // it ends somewhere, or where another walk has been
    const steps = [...walk.values()];
    const circle = steps.slice([...walk.keys()].indexOf(id(step)));
    for (const member of circle) circles.set(id(member), circle);
  }
  return circles;
}

/** Where a redirect leads; undefined when it is none, leads out, or nobody can tell. */
function nextStep({ linted, location }: Step, byHost: ReadonlyMap<string, LintedSite>): Step | undefined {
  const to = location.redirect?.to;
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
  return found && { linted: target, location: found };
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

const id = ({ linted, location }: Step): string => `${linted.site.name} ${location.route}`;
