import { coversEveryone } from '../../spec/address.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Anyone may say who they are. */
export const trustedEveryone: Rule = {
  code: 'trusted-everyone',
  severity: 'error',
  title: 'only the balancer is believed',
  page: `trustedProxies.from covers half of all addresses or more. Whoever sends a request from there is believed about the client's
address, so any client could claim any address, pass every allow-list and hide in the log. List the addresses of your
balancer or CDN.

  trustedProxies: {from: [10.0.0.0/24]}`,
  *check({ sites }: LintContext): Iterable<Finding> {
    for (const { expanded } of sites) {
      if (!coversEveryone(expanded.options.trustedProxies?.from ?? [])) continue;
      yield {
        message: 'everyone is trusted, so any client could claim any address; list the addresses of the balancer',
        at: { site: expanded, path: ['trustedProxies', 'from'] },
      };
    }
  },
};
