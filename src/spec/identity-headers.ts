/**
 * The request headers in which proxies, identity providers and load balancers tell a backend who asks, from where and how.
 * A client can write any of them, so they are cleared unless a spec passes one on. A name stands here when a product in wide use
 * sets it, or a framework believes it. Names with `_` or another odd character are dropped by nginx itself.
 */
import { suggest } from './suggest.ts';

export const identityHeaders: readonly string[] = [
  // Where a request comes from.
  ...['Client-IP', 'X-Client-IP', 'X-Cluster-Client-IP', 'X-Originating-IP', 'X-Remote-IP', 'X-Remote-Addr'],
  ...[
    'True-Client-IP',
    'CF-Connecting-IP',
    'Fastly-Client-IP',
    'X-Azure-ClientIP',
    'DO-Connecting-IP',
    'X-Appengine-User-IP',
    'X-Envoy-External-Address',
  ],
  ...['X-Forwarded', 'Forwarded-For', 'X-Original-Forwarded-For'],
  // How it came, and what it was before a proxy changed it.
  ...['X-Forwarded-Scheme', 'X-Forwarded-Protocol', 'X-Forwarded-Ssl', 'X-Scheme', 'X-Url-Scheme'],
  ...['Front-End-Https', 'X-Forwarded-Prefix', 'X-Forwarded-Path', 'X-Forwarded-Uri', 'X-Forwarded-Method'],
  ...['X-Forwarded-Server', 'X-Forwarded-By', 'X-Original-URI', 'X-Original-Method', 'X-Original-Host'],
  // Who the user is: Authelia, Kubernetes, LemonLDAP::NG and many more.
  ...['Remote-User', 'Remote-Name', 'Remote-Email', 'Remote-Groups', 'X-Remote-User', 'X-Remote-Group'],
  ...['X-Remote-Groups', 'X-User', 'X-Authenticated-User', 'X-Authenticated-Userid', 'X-Authenticated-Groups'],
  ...['Auth-User', 'Auth-Mail', 'Auth-Groups', 'X-Auth-User', 'X-User-Id', 'X-User-Name', 'X-User-Email'],
  ...['X-User-Groups', 'X-User-Roles', 'X-Forwarded-Roles', 'X-Vouch-User', 'X-Vouch-IdP-Claims-Groups'],
  // What mod_auth_openidc sets has underscores, which CGI makes of hyphens too.
  ...['OIDC-CLAIM-sub', 'OIDC-CLAIM-email', 'OIDC-CLAIM-name', 'OIDC-CLAIM-preferred-username'],
  ...['OIDC-CLAIM-groups', 'OIDC-CLAIM-roles', 'OIDC-access-token', 'OIDC-id-token'],
  // OAuth2 Proxy.
  ...['X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded-Preferred-Username'],
  ...['X-Forwarded-Access-Token', 'X-Auth-Request-User', 'X-Auth-Request-Email', 'X-Auth-Request-Groups'],
  ...['X-Auth-Request-Preferred-Username', 'X-Auth-Request-Access-Token', 'X-Auth-Request-Redirect'],
  // authentik.
  ...['X-authentik-username', 'X-authentik-groups', 'X-authentik-entitlements', 'X-authentik-email'],
  ...['X-authentik-name', 'X-authentik-uid', 'X-authentik-jwt', 'X-authentik-meta-jwks', 'X-authentik-meta-outpost'],
  ...['X-authentik-meta-provider', 'X-authentik-meta-app', 'X-authentik-meta-version'],
  // Grafana, Gitea.
  ...['X-WEBAUTH-USER', 'X-WEBAUTH-EMAIL', 'X-WEBAUTH-NAME', 'X-WEBAUTH-FULLNAME', 'X-WEBAUTH-GROUPS'],
  'X-WEBAUTH-ROLE',
  // Kong, WebSEAL, Pomerium.
  ...['X-Consumer-ID', 'X-Consumer-Username', 'X-Consumer-Custom-ID', 'X-Consumer-Groups', 'X-Credential-Identifier'],
  ...['iv-user', 'iv-groups', 'iv-creds', 'X-Pomerium-Jwt-Assertion', 'X-Pomerium-Claim-Email'],
  // Clouds.
  ...['Cf-Access-Authenticated-User-Email', 'Cf-Access-Jwt-Assertion', 'X-Goog-Authenticated-User-Email'],
  ...['X-Goog-Authenticated-User-Id', 'X-Goog-IAP-JWT-Assertion', 'X-Ms-Client-Principal'],
  ...['X-Ms-Client-Principal-Id', 'X-Ms-Client-Principal-Name', 'X-Ms-Client-Principal-Idp'],
  ...['X-Amzn-Oidc-Identity', 'X-Amzn-Oidc-Data', 'X-Amzn-Oidc-Accesstoken', 'Tailscale-User-Login'],
  ...['Tailscale-User-Name', 'Tailscale-User-Profile-Pic', 'Tailscale-App-Capabilities'],
  // Which certificate the client has shown; Client-Cert is of RFC 9440.
  ...['Client-Cert', 'Client-Cert-Chain', 'X-Client-Cert', 'X-Client-Verify', 'X-Client-DN', 'X-SSL-Cert'],
  ...['X-SSL-Client-Verify', 'X-SSL-Client-S-DN', 'X-SSL-Client-I-DN', 'X-SSL-Client-DN', 'X-SSL-Client-CN'],
  ...['X-SSL-Client-Subject', 'X-SSL-Client-Issuer', 'X-SSL-Client-Serial', 'X-SSL-Client-Fingerprint'],
  ...['X-SSL-Client-SHA1', 'X-SSL-Client-Cert', 'SSL-Client-Verify', 'SSL-Client-Cert', 'SSL-Client-S-DN'],
  ...['SSL-Client-I-DN', 'SSL-Client-Subject-DN', 'SSL-Client-Issuer-DN', 'SSL-Client-Serial'],
  ...['X-Forwarded-Client-Cert', 'X-Forwarded-Tls-Client-Cert', 'X-Forwarded-Tls-Client-Cert-Info'],
  ...['X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert', 'X-Amzn-Mtls-Clientcert-Leaf', 'X-Amzn-Mtls-Clientcert-Subject'],
  ...['X-Amzn-Mtls-Clientcert-Issuer', 'X-Amzn-Mtls-Clientcert-Serial-Number'],
];

/** Cleared as well, and never passed on, since no route would hold. */
export const neverPassed: readonly string[] = [
  // Frameworks take them for the path.
  'X-Original-URL',
  'X-Rewrite-URL',
  // CGI makes it HTTP_PROXY (CVE-2016-5385).
  'Proxy',
];

const lower = (name: string): string => name.toLowerCase();
const cleared = new Set(identityHeaders.map(lower));
const never = new Set(neverPassed.map(lower));

/** Why a header can't be passed on as the client wrote it; undefined when it can. */
export function passProblem(name: string): string | undefined {
  if (cleared.has(lower(name))) return undefined;
  if (never.has(lower(name))) return 'leads past the routes, so it is never passed on';
  if (/^(x-forwarded-(for|host|port|proto)|x-real-ip|forwarded|host)$/.test(lower(name)))
    return 'is what keepgate tells the backend itself; behind a balancer, use trustedProxies';
  if (name.includes('_')) return 'has a _ in its name, and nginx drops such headers; use a name with hyphens';
  const near = suggest(name, identityHeaders);
  return `is not cleared, so it needs no passing on${near ? `; did you mean "${near}"?` : ''}`;
}

export const allCleared: readonly string[] = [...identityHeaders, ...neverPassed];

/** The headers that a request loses on its way: all but those that are set to something, or passed on. */
export function clearedHeaders(kept: readonly string[]): readonly string[] {
  const names = new Set(kept.map(lower).filter((name) => cleared.has(name) || never.has(name)));
  return names.size === 0 ? allCleared : allCleared.filter((name) => !names.has(lower(name)));
}
