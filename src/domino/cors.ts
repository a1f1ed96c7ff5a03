/**
 * Names of `CORS` in the API's configuration: from REST API 1.1.3 on Java regular expressions of the whole origin, before that
 * host names, with a leading dot for all below.
 */

/** The name for a public host: an A-label name, a wildcard, or an address. */
export function corsKey(host: string, port: number, wholeOrigin: boolean): string {
  const wildcard = host.startsWith('*.');
  const bare = wildcard ? host.slice(2) : host;
  if (!wholeOrigin) return wildcard ? `.${bare}` : bare;
  const name = `${wildcard ? anyName : ''}${bare.replace(/[.[\]]/g, '\\$&')}`;
  return `^https://${name}${port === 443 ? '' : `:${port}`}$`;
}

/** The host and port of a name that `corsKey` made; undefined for any other. */
export function hostOfCorsKey(key: string): { host: string; port: number } | undefined {
  const [, name = '', port = '443'] = /^\^https:\/\/(.+?)(?::(\d{1,5}))?\$$/.exec(key) ?? [];
  const host = (name.startsWith(anyName) ? `*.${name.slice(anyName.length)}` : name).replace(/\\([.[\]])/g, '$1');
  return host !== '' && corsKey(host, Number(port), true) === key ? { host, port: Number(port) } : undefined;
}

/** Whether an API of this version compares whole origins: 1.1.3 and later. */
export function comparesWholeOrigins(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch >= 1_001_003;
}

const anyName = '[a-z0-9.-]+\\.';
