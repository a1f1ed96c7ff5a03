import { posix } from 'node:path';
import { includeMatcher, referencesOf } from './references.ts';

interface Placed {
  readonly files: readonly { readonly path: string; readonly text: string | Uint8Array }[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
}

/**
 * The configuration files that no `include` reaches, be it by their own name or by a link: an nginx.conf that doesn't include
 * them passes every test and serves nothing. `includes` are the paths and patterns outside of these files.
 */
export function unreadFiles({ files, links }: Placed, includes: Iterable<string>): string[] {
  const configuration: { path: string; text: string }[] = [];
  for (const { path, text } of files) {
    if (typeof text === 'string' && path.startsWith('/etc/nginx/')) configuration.push({ path, text });
  }
  const own = configuration.flatMap(({ text }) =>
    text.includes('include') ? referencesOf(String(text)).includes : [],
  );
  const matchers = [...new Set([...includes, ...own])].map(includeMatcher);
  const isRead = (path: string) => path === '/etc/nginx/nginx.conf' || matchers.some((matcher) => matcher.test(path));
  const linked = new Set<string>();
  for (const { path, to } of links) if (isRead(path)) linked.add(posix.resolve(posix.dirname(path), to));
  return configuration
    .filter(({ path, text }) => !isRead(path) && !linked.has(path) && !text.includes('-----BEGIN '))
    .map(({ path }) => path);
}
