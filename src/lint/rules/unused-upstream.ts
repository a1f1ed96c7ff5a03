import { upstreamUses } from '../backends.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** An upstream that no route names. */
export const unusedUpstream: Rule = {
  code: 'unused-upstream',
  severity: 'warning',
  title: 'every upstream is used',
  page: `No route names this upstream, so nothing of it is rendered: a left-over, or a route that names another one by mistake. Take it
out, or name it.

  upstreams: {data: {servers: [127.0.0.1:8880]}}
  sites: {api: {hosts: [api.example.com], upstream: data}}`,
  *check({ spec, sites }: LintContext): Iterable<Finding> {
    const names = Object.keys(spec.upstreams ?? {});
    if (names.length === 0) return;
    const used = new Set(
      sites.flatMap(({ expanded }) => [...upstreamUses(expanded)].map(({ reference }) => reference)),
    );
    for (const name of names) {
      if (used.has(name)) continue;
      yield {
        message: `no route uses the upstream "${name}"; take it out, or name it in a route`,
        at: { path: ['upstreams', name], what: 'key' },
      };
    }
  },
};
