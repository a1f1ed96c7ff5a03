import { parseAddress } from '../../spec/address.ts';
import { shown } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** The management role of a preset is reached through a site, on whatever port it is configured. */
export const managementPublished: Rule = {
  code: 'management-published',
  severity: 'error',
  ignorable: false,
  title: 'the management port is for nobody outside',
  page: `A route leads to the port that a preset names as the management role of a backend (8889 of a plain Domino REST API). Who
reaches it can change the configuration, restart the server and shut it down. No allow-list makes that right, and it can't
be ignored: take the route out, and reach the port from the machine itself or through an SSH tunnel.

  ssh -L 8889:127.0.0.1:8889 server     # then http://127.0.0.1:8889 on your own machine`,
  *check({ sites, machine }: LintContext): Iterable<Finding> {
    const managed = new Map<string, string>();
    for (const { expanded } of sites) {
      const address = parseAddress(expanded.management);
      if (typeof address !== 'string') managed.set(machine.endpoint(address.host, address.port), expanded.specName);
    }
    if (managed.size === 0) return;
    for (const { backends } of sites) {
      for (const backend of backends) {
        const owner = managed.get(machine.endpoint(backend.host, backend.port));
        if (owner === undefined) continue;
        const message = `the route "${backend.route}" publishes ${shown(backend)}, the management port of "${owner}"; take it out and reach that port through an SSH tunnel`;
        yield { message, at: backend.at };
      }
    }
  },
};
