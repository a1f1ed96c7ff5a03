import { parseAddress } from '../../spec/address.ts';
import { shown } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** The health or metrics role of a preset, reached by everyone. */
export const roleWithoutAllowList: Rule = {
  code: 'role-without-allow-list',
  severity: 'error',
  title: 'health and metrics are for an allow-list',
  page: `A route leads to the port that a preset names as the health or metrics role of a backend, and everyone may use it. Metrics tell
what the server does and for whom; both roles are for the monitoring host alone. Give the route an allow-list, or let the
preset make the route.

  preset: {name: domino-rest-api, metrics: {allow: [10.0.0.5]}}
  routes: {/metrics: {upstream: http://127.0.0.1:8890, allow: [10.0.0.5]}}`,
  *check({ sites, machine }: LintContext): Iterable<Finding> {
    const restricted = new Map<string, string>();
    for (const { expanded } of sites) {
      for (const text of expanded.restricted) {
        const address = parseAddress(text);
        if (typeof address !== 'string')
          restricted.set(machine.endpoint(address.host, address.port), expanded.specName);
      }
    }
    if (restricted.size === 0) return;
    for (const { expanded, backends } of sites) {
      for (const backend of backends) {
        const owner = restricted.get(machine.endpoint(backend.host, backend.port));
        if (owner === undefined || backend.options.allow || expanded.options.allow) continue;
        const message = `the route "${backend.route}" opens ${shown(backend)}, the health or metrics port of "${owner}", to everyone; give it "allow"`;
        yield { message, at: backend.at };
      }
    }
  },
};
