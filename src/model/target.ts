/** The nginx that files are rendered for. Everything that depends on it is decided in nginx-features.ts. */
export interface Target {
  /** As in `nginx/1.26.3`. */
  readonly version: string;
  /** The OpenSSL that nginx runs with, such as `3.0.15`. */
  readonly openssl: string;
  /** The `--with-*` switches of `nginx -V` without `--with-`, such as `http_v3_module`. */
  readonly modules: readonly string[];
}

/**
 * Reads what `nginx -V` printed (on standard error, or saved to a file). Only what is built into the binary counts as a
 * module: `=dynamic` ones work only once a `load_module` names them. An OpenSSL that nginx does not name, or a fork of it,
 * is `0`: none of OpenSSL's newer features may be taken for granted then.
 *
 * @returns undefined when no nginx version stands in the text
 */
export function parseNginxV(text: string): Target | undefined {
  const version = /\bversion:[^\n]*?\b(?:nginx|openresty)\/(\d+\.\d+\.\d+)/.exec(text)?.[1];
  if (version === undefined) return undefined;
  const modules = configureArguments(text).flatMap((argument) => /^--with-([\w-]+)$/.exec(argument)?.[1] ?? []);
  return { version, openssl: runningOpenssl(text), modules: [...new Set(modules)] };
}

/** The arguments after `configure arguments:`, without the quotes that nginx keeps around values. */
export function configureArguments(text: string): string[] {
  const line = /^configure arguments:([^\r\n]*)/m.exec(text)?.[1] ?? '';
  return (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map((argument) => argument.replaceAll("'", ''));
}

function runningOpenssl(text: string): string {
  const line = /^built with [^\r\n]*SSL[^\r\n]*/m.exec(text)?.[0] ?? '';
  if (/LibreSSL|BoringSSL|AWS-LC/.test(line)) return '0';
  const built = /^built with OpenSSL (\d+(?:\.\d+)*[a-z]*)/.exec(line)?.[1];
  return /\(running with OpenSSL (\d+(?:\.\d+)*[a-z]*)/.exec(line)?.[1] ?? built ?? '0';
}
