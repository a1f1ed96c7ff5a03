/** A Debian nginx laid out as one that was built by hand, since no package is built so. */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parts } from '../parts.ts';

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp`);

/**
 * An nginx in P/sbin/nginx of `files`, which after `make install` has nothing but P/logs beside it. It is to be seen at
 * `prefix`; there it opens its log and makes its temporary folders before it reads any configuration, and says in nginx's
 * words what it can't. The rest is the real nginx.
 *
 * @param says what `-V` prints before the configure arguments
 * @returns the program's path below `prefix`
 */
export function handBuilt(files: string, prefix = files, says = 'nginx version: nginx/1.22.1'): string {
  const from = dirname(dirname(parts.nginx.bookworm));
  mkdirSync(join(files, 'logs'), { recursive: true });
  mkdirSync(join(files, 'sbin'));
  for (const part of ['lib', 'usr/lib', 'usr/sbin']) {
    if (existsSync(join(from, 'root', part)))
      cpSync(join(from, 'root', part), join(files, 'root', part), { recursive: true, verbatimSymlinks: true });
  }
  const real = readFileSync(parts.nginx.bookworm, 'utf8').replace('#!/bin/sh\n', '').replaceAll(from, prefix);
  const configure = `--prefix=${prefix} --with-http_ssl_module --with-http_v2_module --with-http_realip_module`;
  const script = `#!/bin/sh
if [ "$1" = -V ]; then echo "${says}
built with OpenSSL 3.0.20
configure arguments: ${configure}" >&2; exit; fi
: >> ${prefix}/logs/error.log || echo 'nginx: [alert] could not open error log file: open() failed' >&2
for name in ${temporary.join(' ')}; do
  [ ! -d ${prefix}/$name ] || [ -w ${prefix}/$name ] || { echo "nginx: [emerg] chown() of $name failed" >&2; exit 1; }
  mkdir -p ${prefix}/$name || { echo "nginx: [emerg] mkdir() of $name failed" >&2; exit 1; }
done
${real}`;
  writeFileSync(join(files, 'sbin/nginx'), script);
  chmodSync(join(files, 'sbin/nginx'), 0o755);
  return join(prefix, 'sbin/nginx');
}

/** Makes it look as it does once it has run. */
export function haveRun(files: string): void {
  for (const name of temporary) mkdirSync(join(files, name));
  writeFileSync(join(files, 'logs/error.log'), '');
}
