/**
 * For an nginx without a configuration of its own: what a distribution's nginx.conf sets, so that a clash with any of it
 * shows. `main` and `http` are further directives for these contexts; `configure` is what it was configured with.
 */
export function stockConfiguration(configure: readonly string[], { main = '', http = '' } = {}): string {
  const gzip = configure.includes('--without-http_gzip_module') ? '' : '    gzip on;\n';
  return `${main}worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;

events {
    worker_connections 768;
}

http {
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    access_log /var/log/nginx/access.log;
${gzip}${http}
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}
`;
}

export const stockTypes = `types {
    text/html html htm;
    text/css css;
    text/plain txt;
    application/javascript js;
    application/json json;
    image/png png;
    image/svg+xml svg;
}
`;
