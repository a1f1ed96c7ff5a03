import { shown } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** A backend that is nginx itself. */
export const ownPortLoop: Rule = {
  code: 'own-port-loop',
  severity: 'error',
  title: 'a backend is not nginx itself',
  page: `The backend's address is one that nginx listens on: loopback, an address of "listen", or a host of one of the sites, with a
port of ours. A request would come back to nginx and be passed on again, until connections run out, or be answered with a
redirect for ever. Write the address and port that the API itself listens on.

  upstream: http://127.0.0.1:443        # this is nginx; the API is at http://127.0.0.1:8080

Ignore it, with the reason, where a public name leads to another machine from here (split DNS).`,
  *check({ sites, machine }: LintContext): Iterable<Finding> {
    for (const { backends } of sites) {
      for (const backend of backends) {
        const listener = machine.siteAt(backend.host, backend.port);
        if (!listener) continue;
        const message = `the backend ${shown(backend)} is nginx itself, which listens there for the site "${listener.name}"; write the address and port of the API`;
        yield { message, at: backend.at };
      }
    }
  },
};
