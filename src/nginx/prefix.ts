import { stockConfiguration, stockTypes } from './stock.ts';

const paths =
  /((?:^|[;{}])[ \t]*(?:include|user|pid|access_log|error_log|\w*ssl_\w+|\w+_temp_path|\w+_cache_path)[ \t]+["']?)(\/[^\s;"']+)/gm;
const listens = /((?:^|[;{}])[ \t]*listen[ \t]+)["']?([^\s;"']+)["']?([^;\n]*)/gm;
const names = /((?:^|[;{}])[ \t]*(?:\w+_pass|server)[ \t]+["']?(?:https?:\/\/)?)([a-z][\w.-]*)(?=[:/;\s"'])/gim;
const firstPort = 20_000;

/**
 * Rewrites configuration for an nginx that runs unprivileged in a prefix: file names lead into the prefix, each address
 * that it listens on becomes a high port of loopback, the given host names become loopback. Lines stay where they are.
 * Ports in use don't matter to `nginx -t`.
 */
export function relocator(prefix: string, resolved: ReadonlySet<string>): (text: string) => string {
  const ports = new Map<string, number>();
  const portOf = (address: string) => {
    const port = ports.get(address) ?? firstPort + (ports.size % 40_000);
    ports.set(address, port);
    return port;
  };
  return (text) =>
    text
      .replace(paths, (_, head: string, path: string) => head + prefix + path)
      .replace(listens, (whole, head: string, address: string, rest: string) =>
        address.startsWith('unix:')
          ? whole
          : `${head}127.0.0.1:${portOf(address)}${rest.replace(/\s+ipv6only=\w+/, '')}`,
      )
      .replace(names, (whole, head: string, name: string) => (resolved.has(name) ? `${head}127.0.0.1` : whole));
}

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** What a prefix needs besides our files: the main file, with every path of nginx's own in the prefix. */
export function prefixFiles(configure: readonly string[]): (readonly [path: string, text: string])[] {
  const http = temporary
    .filter((name) => !configure.includes(`--without-http_${name}_module`))
    .map((name) => `    ${name}_temp_path /var/lib/nginx/${name};\n`)
    .join('');
  return [
    ['/etc/nginx/nginx.conf', stockConfiguration(configure, { http })],
    ['/etc/nginx/mime.types', stockTypes],
  ];
}
