import { layerOf } from '../../model/expand.ts';
import { coversEveryone } from '../../spec/address.ts';
import type { Finding, LintContext, Place, Rule } from '../rule.ts';

/** An allow-list that lets everyone in. */
export const openAllowList: Rule = {
  code: 'open-allow-list',
  severity: 'error',
  title: 'an allow-list leaves someone out',
  page: `The networks of this "allow" cover half of all addresses or more, so the list restricts nobody, and whoever reads the spec
believes that it does. Write the addresses of those who need it; where everyone is meant, take the list out. Health and
metrics of a preset can't be had for everyone.

  metrics: {allow: [10.0.0.5]}          # not [0.0.0.0/0], nor [0.0.0.0/1, 128.0.0.0/1]`,
  *check({ spec, sites }: LintContext): Iterable<Finding> {
    const seen = new Set<string>();
    for (const { expanded } of sites) {
      const { options, specName } = expanded;
      const lists: { networks: readonly string[] | undefined; at: Place }[] = [
        { networks: options.allow, at: { site: expanded, path: ['allow'] } },
      ];
      for (const [key, route] of Object.entries(options.routes ?? {})) {
        const path = ['routes', key, 'allow'];
        if (typeof route === 'string' || layerOf(expanded, path) === 'preset') continue;
        lists.push({ networks: route.allow, at: { site: expanded, path } });
      }
      const preset = seen.has(specName) ? undefined : spec.sites?.[specName]?.preset;
      seen.add(specName);
      for (const role of ['health', 'metrics'] as const) {
        const path = ['sites', specName, 'preset', role, 'allow'];
        lists.push({ networks: preset?.[role]?.allow, at: { about: expanded, path } });
      }
      for (const { networks = [], at } of lists) {
        if (!coversEveryone(networks)) continue;
        yield {
          message: 'this allow-list lets everyone in; list the addresses of those who need it, or take it out',
          at,
        };
      }
    }
  },
};
