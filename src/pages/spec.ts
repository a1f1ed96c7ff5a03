/** What a spec says as a whole: names, routes, upstreams. */
import type { Pages } from './page.ts';

export const specPages: Pages = {
  'path-below-file': {
    title: 'a file lies below another file',
    text: `Two paths of the configuration exclude each other: one is a file, and the other one lies below it as if it were a folder. The same
goes for files and folders that every system has. No machine can hold both, so nginx is not even asked. Correct the path.

  tls: {certificate: {cert: /etc/ssl/api/fullchain.pem, key: /etc/ssl/api/privkey.pem}}`,
  },
  'more-findings': {
    title: 'there is more than can be told',
    text: `Of a file with very many mistakes the first hundred are told, errors before warnings, and how many there are besides. Most are often
of one kind, and go with its cause. Mend some and run it again.`,
  },
  'no-sites': {
    title: 'a configuration has at least one site',
    text: `None of the files has an entry below "sites", so there is nothing to render. The smallest spec:

  version: 1
  sites:
    api:
      hosts: [api.example.com]
      upstream: http://127.0.0.1:8080`,
  },
  'defined-twice': {
    title: 'a name is defined once',
    text: `Two files define a site or an upstream of the same name, or "nginx", "acme" or "defaults" stand in two files; or a preset makes a site
whose name is taken. One would silently replace the other. Rename one, or keep the section in one file.`,
  },
  'unknown-upstream': {
    title: 'the upstream is not defined',
    text: `A route names an upstream that does not stand below "upstreams". Correct the name, define it, or write the URL of the backend.

  upstreams: {data: {servers: [127.0.0.1:8880]}}
  sites: {api: {hosts: [api.example.com], routes: {/: data, /old: http://127.0.0.1:8080}}}`,
  },
  'duplicate-route': {
    title: 'a route stands once',
    text: `Two routes match the same: "/api" and "/api/" both mean /api and all that is below it. Keep one of them.`,
  },
  'route-action': {
    title: 'a route does one thing',
    text: `A route passes requests on (upstream), sends them elsewhere (redirect) or answers itself (respond): exactly one of the three. Without
any of them it takes the site's own upstream. An answer with a status of 300 to 399 is a redirect and is written as one.

  routes:
    /: http://127.0.0.1:8080
    /old: {redirect: {to: /new, status: 308}}
    "= /healthz": {respond: {status: 204}}`,
  },
  'no-routes': {
    title: 'a site has an upstream, routes or a preset',
    text: `Nothing says what the site does with a request. Give it the backend that answers, or routes.

  api: {hosts: [api.example.com], upstream: http://127.0.0.1:8080}`,
  },
  'host-not-listed': {
    title: 'the name is one of "hosts"',
    text: `canonicalHost, or apiHost or webHost of a preset, has to be one of the site's hosts: it is for these that nginx answers and the
certificate is issued. Add it to "hosts".

  hosts: [www.example.com, example.com]
  canonicalHost: example.com`,
  },
  'backup-server': {
    title: 'a backup stands behind a server that serves',
    text: `A backup is asked when all other servers of its upstream have failed. If all are backups, nobody serves; and balancing by ip_hash knows
no backups, so nginx refuses the two together. Take "backup" off one server, or balance by least_conn.

  servers: [127.0.0.1:8880, {address: 127.0.0.1:8881, backup: true}]`,
  },
  'guard-spelling': {
    title: 'a guarded path is not open in another spelling',
    text: `nginx tells /Internal from /internal, and /internal.json from /internal; many backends do not: they look at no capitals, and take
an ending off. So a guard (allow, deny, basicAuth, or an answer with a status from 400 on) holds for every spelling of its
path, and a route that is one of these spellings can't ask less. Give both the same guard, or take one of them out. What lies
below a guarded path may be opened: /internal/public.

  routes:
    /internal: {upstream: data, allow: [10.0.0.0/8]}
    /internal/public: data`,
  },
  'guard-overlap': {
    title: 'a guard holds whatever a path looks like',
    text: `A guard (allow, deny, basicAuth) has to hold for every spelling of what it guards: in capitals, with a slash or an ending such as
.json behind it, encoded. For a plain path keepgate sees to that. For a regular expression it can't where

- both it and a guarded path may match, and ask different things: only the first of them would ask;
- it asks less than "/" or the whole site, which then answers to all other spellings;
- it says what does not match: (?!…), or [^…] with letters;
- semicolons are allowed in paths (paths: {semicolons: allow}).

Guard plain paths, or let the regular expression begin with a path of its own.

  routes:
    /: {upstream: data, allow: [10.0.0.0/8]}
    /health: data                       # not "~ ^/health"
    /reports: {upstream: data, basicAuth: {userFile: /etc/nginx/reports.htpasswd}}`,
  },
  'guard-too-long': {
    title: 'a guarded path is short enough for nginx',
    text: `A guarded path becomes a regular expression that matches each of its spellings, and nginx reads at most 4,094 bytes of it. Guard a
shorter path: it covers all that is below.

  routes:
    /internal: {upstream: data, allow: [10.0.0.0/8]}`,
  },
  'raw-not-allowed': {
    title: 'raw nginx text needs --allow-raw',
    text: `A "raw" block goes into the configuration as it is. nginx directives can read any file and run code, so a spec from somebody else
must not have that power unnoticed. Read the block; when you trust it, say so on the command line:

  keepgate render --allow-raw`,
  },
};
