/** A Debian nginx laid out as one that was built by hand, since no package is built so. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nginxOf, type Suite } from '../parts.ts';

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp`);

export interface HandBuilt {
  /** Where it is to be seen. */
  readonly prefix?: string;
  readonly suite?: Suite;
  /** What `-V` prints; `PREFIX` in it is the prefix. */
  readonly says?: string;
  /** A fork: what its messages begin with, and a directive that it doesn't know. */
  readonly fork?: { readonly name: string; readonly lacks: string };
}

/**
 * An nginx in P/sbin/nginx of `files`, which after `make install` has nothing but P/logs beside it. When it starts, it opens its
 * log and makes its temporary folders before it reads any configuration, and says in nginx's words what it can't. The rest is
 * the real nginx.
 * @returns the program's path below its prefix
 */
export function handBuilt(files: string, { prefix = files, suite = 'bookworm', says, fork }: HandBuilt = {}): string {
  const from = dirname(dirname(nginxOf(suite)));
  mkdirSync(join(files, 'logs'), { recursive: true });
  mkdirSync(join(files, 'sbin'));
  for (const part of ['lib', 'usr/lib', 'usr/sbin']) {
    if (existsSync(join(from, 'root', part)))
      cpSync(join(from, 'root', part), join(files, 'root', part), { recursive: true, verbatimSymlinks: true });
  }
  const version = (says ?? plain).replaceAll('PREFIX', prefix);
  const real = readFileSync(nginxOf(suite), 'utf8').replace('#!/bin/sh\nexec ', '').replaceAll(from, prefix).trimEnd();
  const script = `#!/bin/sh
if [ "$1" = -V ]; then echo "${version}" >&2; exit; fi
: >> ${prefix}/logs/error.log || echo 'nginx: [alert] could not open error log file: open() failed' >&2
for name in ${temporary.join(' ')}; do
  [ ! -d ${prefix}/$name ] || [ -w ${prefix}/$name ] || { echo "nginx: [emerg] chown() of $name failed" >&2; exit 1; }
  mkdir -p ${prefix}/$name || { echo "nginx: [emerg] mkdir() of $name failed" >&2; exit 1; }
done
${fork === undefined ? `exec ${real}` : asFork(fork, real)}
`;
  writeFileSync(join(files, 'sbin/nginx'), script);
  chmodSync(join(files, 'sbin/nginx'), 0o755);
  return join(prefix, 'sbin/nginx');
}

const plain = `nginx version: nginx/1.22.1
built with OpenSSL 3.0.20
configure arguments: --prefix=PREFIX --with-http_ssl_module --with-http_v2_module --with-http_realip_module`;

/** Angie and Tengine read /etc/resolv.conf when they start. */
const asFork = ({ name, lacks }: NonNullable<HandBuilt['fork']>, real: string): string => `
[ -r /etc/resolv.conf ] || { echo '${name}: [emerg] open() "/etc/resolv.conf" failed' >&2; exit 1; }
if grep -rqw '${lacks}' /etc/nginx; then echo '${name}: [emerg] unknown directive "${lacks}"' >&2; exit 1; fi
said=$(${real} 2>&1); code=$?
echo "$said" | sed 's/^nginx:/${name}:/' >&2
exit $code`;

/** Makes it look as it does once it has run. */
export function haveRun(files: string): void {
  for (const name of temporary) mkdirSync(join(files, name));
  writeFileSync(join(files, 'logs/error.log'), '');
}
