import { posix } from 'node:path';

interface Placed {
  readonly files: readonly { readonly path: string; readonly text: string | Uint8Array }[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

/**
 * The configuration files that `nginx -T` (`dump`) has not read, be it by their own name or by a link: an nginx.conf without
 * the right `include` passes every test and serves nothing.
 */
export function unreadFiles({ files, links }: Placed, dump: string): string[] {
  const read = new Set<string>();
  for (const [, path = ''] of dump.matchAll(/^# configuration file (\/.*):$/gm)) read.add(path);
  for (const { path, to } of links) if (read.has(path)) read.add(posix.resolve(posix.dirname(path), to));
  return files.filter(({ path, text }) => isConfiguration(path, text) && !read.has(path)).map(({ path }) => path);
}

function isConfiguration(path: string, text: string | Uint8Array): boolean {
  return path.startsWith('/etc/nginx/') && !Buffer.from(text).includes('-----BEGIN ');
}
