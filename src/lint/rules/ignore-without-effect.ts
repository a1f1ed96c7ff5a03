import { suggest } from '../../spec/suggest.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** An entry of `lint.ignore` that ignores nothing. */
export const ignoreWithoutEffect: Rule = {
  code: 'ignore-without-effect',
  severity: 'warning',
  title: 'what is ignored is a rule',
  page: `lint.ignore of a site takes out findings of rules. This entry names no rule, or one that can't be ignored because no reason can
make it right. Correct the code (the finding says it, before its message), or take the entry out.

  lint: {ignore: [{code: plain-remote-backend, reason: "a network of these two machines alone"}]}`,
  *check({ sites, rules }: LintContext): Iterable<Finding> {
    const known = new Map(rules.map((rule) => [rule.code, rule]));
    for (const { expanded } of sites) {
      for (const [index, { code }] of (expanded.options.lint?.ignore ?? []).entries()) {
        const rule = known.get(code);
        if (rule && rule.ignorable !== false) continue;
        const near = suggest(code, [...known.keys()]);
        const message = rule
          ? `"${code}" can't be ignored; put right what it says, and take this out`
          : `"${code}" is no rule${near ? `; did you mean "${near}"?` : '; only the findings of rules can be ignored'}`;
        yield { message, at: { site: expanded, path: ['lint', 'ignore', index, 'code'] } };
      }
    }
  },
};
