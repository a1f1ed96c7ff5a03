/** The nginx that files are rendered for. Everything that depends on it is decided in nginx-features.ts. */
export interface Target {
  /** As in `nginx/1.26.3`; of a fork, the nginx that it follows. */
  readonly version: string;
  /** The OpenSSL that nginx runs with, such as `3.0.15`; a fork of OpenSSL by its name; `0` when nginx names none. */
  readonly openssl: string;
  /** The `--with-*` switches of `nginx -V` without `--with-`, such as `http_v3_module`; not there when they are not known. */
  readonly modules?: readonly string[] | undefined;
  /** The `--without-*` switches in the same way: what other builds have, and this one has not. */
  readonly without?: readonly string[] | undefined;
  /** The name and version of a fork of nginx, such as `Angie/1.8.1`. */
  readonly fork?: string | undefined;
}

/** By what `-V` calls them. */
const forks = { angie: 'Angie', freenginx: 'freenginx', openresty: 'OpenResty', tengine: 'Tengine' };
const configured = /^configure arguments:([^\r\n]*)/m;
const opensslForks = /BoringSSL|LibreSSL|AWS-LC/;

/**
 * Reads what `nginx -V` printed (on standard error, or saved to a file). Only what is built into the binary counts as a
 * module: `=dynamic` ones work only once a `load_module` names them. Angie and Tengine say on a line of its own which nginx
 * they follow; the versions of OpenResty and freenginx begin with it.
 *
 * @returns undefined when no nginx version stands in the text
 */
export function parseNginxV(text: string): Target | undefined {
  const versions = new Map<string, string>();
  for (const [, name = '', version = ''] of text.matchAll(/\bversion:[^\n]*?\b([a-z]+)\/(\d+\.\d+\.[\d.]*\d)/gi))
    versions.set(name.toLowerCase(), version);
  const followed = versions.get('nginx') ?? versions.get('openresty') ?? versions.get('freenginx');
  const version = /^\d+\.\d+\.\d+/.exec(followed ?? '')?.[0];
  if (version === undefined) return undefined;
  const fork = Object.entries(forks).flatMap(([key, name]) =>
    versions.has(key) ? `${name}/${versions.get(key)}` : [],
  )[0];
  const without = switchesOf(text, '--without-');
  return {
    version,
    openssl: runningOpenssl(text),
    ...(configured.test(text) && { modules: switchesOf(text, '--with-') }),
    ...(without.length > 0 && { without }),
    ...(fork !== undefined && { fork }),
  };
}

/** What a message calls an nginx: `nginx 1.26.3`, `Angie 1.8.1 (nginx 1.27.3)`. */
export function nginxName({ fork, version }: Pick<Target, 'fork' | 'version'>): string {
  if (fork === undefined) return `nginx ${version}`;
  const name = fork.replace('/', ' ');
  return name.endsWith(` ${version}`) ? name : `${name} (nginx ${version})`;
}

/** Whether what is rendered for one may be tested with the other: a target that names no fork says nothing about it. */
export function isSameNginx(named: Target, found: Target): boolean {
  return named.version === found.version && (named.fork === undefined || named.fork === found.fork);
}

/** The arguments after `configure arguments:`, without the quotes that nginx keeps around values. */
export function configureArguments(text: string): string[] {
  const line = configured.exec(text)?.[1] ?? '';
  return (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((argument) => argument.replaceAll("'", ''));
}

function switchesOf(text: string, start: '--with-' | '--without-'): string[] {
  const names = configureArguments(text).filter((argument) => argument.startsWith(start));
  return [...new Set(names.map((argument) => argument.slice(start.length)).filter((name) => /^[\w-]+$/.test(name)))];
}

function runningOpenssl(text: string): string {
  const line = /^built with ([^\r\n]*(?:SSL|AWS-LC)[^\r\n]*)/m.exec(text)?.[1] ?? '';
  const running = /\(running with ([^\r\n]*)\)/.exec(line)?.[1] ?? line;
  return opensslForks.exec(running)?.[0] ?? /^OpenSSL (\d+(?:\.\d+)*[a-z]*)/.exec(running)?.[1] ?? '0';
}
