import { atLeast } from '../../model/nginx-features.ts';
import type { Finding, LintContext, Rule } from '../rule.ts';

/** Neither profile can be spoken with an OpenSSL that has no TLS 1.3. */
export const tlsOldOpenssl: Rule = {
  code: 'tls-old-openssl',
  severity: 'error',
  ignorable: false,
  title: 'the profiles need OpenSSL 1.1.1',
  page: `TLS 1.3, which both profiles of the guideline ask for, came with OpenSSL 1.1.1, and an older one gets no security fixes any
more. Use an nginx that runs with a newer OpenSSL; "nginx -V" tells which one it is. When it is the target of the spec that is
wrong, correct it.

  nginx: {target: {version: 1.22.1, openssl: 3.0.15}}`,
  *check({ target }: LintContext): Iterable<Finding> {
    // a fork, or one that nginx did not name
    if (!/^[1-9]/.test(target.openssl) || atLeast(target.openssl, '1.1.1')) return;
    yield {
      message: `OpenSSL ${target.openssl} of the target has no TLS 1.3; use an nginx with OpenSSL 1.1.1 or later`,
      at: { path: ['nginx', 'target'] },
    };
  },
};
