/** What a distribution's nginx.conf holds around the files of its sites, for `startNginx`. */
export interface HttpConfiguration {
  /** Paths of `include`, relative to the prefix or absolute, each one file. */
  readonly includes: readonly string[];
  /** `worker_processes`, 2 by default. Workers don't share idle upstream connections: counting these needs 1. */
  readonly workers?: number;
}

/**
 * The text of a complete nginx.conf. The http-level directives are those of Debian 12, so that rendered files that
 * collide with a distribution's nginx.conf collide here too, and TLS 1.0 is off only if they switch it off. All paths are relative: nginx keeps its temporary files
 * and its access log in the prefix it is started with. `startNginx` adds where errors and the pid go.
 */
export function httpConfiguration({ includes, workers = 2 }: HttpConfiguration): string {
  return `worker_processes ${workers};

events {
    worker_connections 512;
}

http {
    sendfile    on;
    tcp_nopush  on;
    types_hash_max_size 2048;

    types {
        text/html         html htm;
        text/css          css;
        text/plain        txt;
        text/javascript   js mjs;
        application/json  json;
        image/svg+xml     svg;
        image/png         png;
    }
    default_type application/octet-stream;

    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;

    access_log access.log;
    gzip       on;

    client_body_temp_path temp-client-body;
    proxy_temp_path       temp-proxy;
    fastcgi_temp_path     temp-fastcgi;
    uwsgi_temp_path       temp-uwsgi;
    scgi_temp_path        temp-scgi;

${includes.map((path) => `    include ${quotedPath(path)};\n`).join('')}}
`;
}

/** `include` takes patterns, and no quoting turns that off. */
function quotedPath(path: string): string {
  if (/[\p{Cc}"\\*?[\]]/u.test(path))
    throw new Error(`nginx can't include a file of this name: ${JSON.stringify(path)}`);
  return `"${path}"`;
}
