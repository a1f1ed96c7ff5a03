import { posix } from 'node:path';

/** Where nginx writes unless it is told at build time, in its prefix. */
const files = { 'error-log-path': 'logs', 'http-log-path': 'logs', 'pid-path': 'logs', 'lock-path': 'logs' };
const folders = {
  'http-client-body-temp-path': 'client_body_temp',
  'http-proxy-temp-path': 'proxy_temp',
  'http-fastcgi-temp-path': 'fastcgi_temp',
  'http-uwsgi-temp-path': 'uwsgi_temp',
  'http-scgi-temp-path': 'scgi_temp',
};
const usualPrefix = '/usr/local/nginx';

/** The folders that an nginx writes in before any configuration says others, by what it was configured with (`nginx -V`). */
export function builtInFolders(configure: readonly string[]): string[] {
  const given = (name: string): string | undefined => {
    const start = `--${name}=`;
    return configure.findLast((argument) => argument.startsWith(start))?.slice(start.length);
  };
  const prefix = posix.resolve('/', given('prefix') || usualPrefix);
  const absolute = (path: string) => posix.resolve(prefix, path);
  const ofFiles = Object.entries(files).flatMap(([name, usual]) => {
    const path = given(name);
    if (path === undefined) return absolute(usual);
    return path.includes(':') || path === 'stderr' ? [] : posix.dirname(absolute(path));
  });
  const temporary = Object.entries(folders).map(([name, usual]) => absolute(given(name) ?? usual));
  return [...new Set([...ofFiles, ...temporary])];
}
