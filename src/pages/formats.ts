/** The grammar of each kind of text in a spec, in words: a good example and a bad one. */
import { identityHeaders, neverPassed } from '../spec/identity-headers.ts';
import type { Page, Pages } from './page.ts';

/** What it is, the grammar, good, bad with its reason. */
type Grammar = readonly [title: string, rule: string, good: string, bad: string];

const grammars: Readonly<Record<string, Grammar>> = {
  name: [
    'a name',
    'The name of a site or an upstream becomes part of file names and of nginx’s own names. It has lower-case letters, digits, and single dots or hyphens between them, at most 64 characters.',
    'api, keep-2, api.example.com',
    'API, -api, ../cron.d/x',
  ],
  host: [
    'a host name',
    'A public name as DNS knows it: labels of letters, digits and inner hyphens, at most 63 characters each and 253 in all, in upper or lower case, in any script or as punycode; * may be the whole first label. An IP address is allowed. No scheme, port, path, pattern or catch-all.',
    'api.example.com, bücher.example, "*.example.com", 192.0.2.10, "[2001:db8::1]"',
    '.example.com, _, ~^.*$, https://example.com, example.com:8443, 999.999.999.999',
  ],
  route: [
    'the key of a route',
    'A path of whole segments (/api is /api and all below /api/, but not /apifoo), or a sign, one space and what it is for: "= /exact", "~ regex", "~* regex" for any case. A path is written as nginx compares it: decoded, without //, . or .. in it. It is no pattern: nginx takes :id, {id} and * literally, so a route such as /users/:id would match nothing, and what it guards would be open. A regular expression has no named groups.',
    '/api, "= /healthz", "~ ^/files/[0-9]+$", "~* \\\\.png$"',
    'api, /api//v1, /a%2Fb, ^~ /api, /users/:id, /admin/*, "~ (?<name>x)"',
  ],
  segment: [
    'a path',
    'A path that begins with /, as nginx compares it: decoded, without //, . or .. in it.',
    '/metrics',
    'metrics, /a/../b, /%2e%2e',
  ],
  'backend-host': [
    "a backend's host",
    'The name or IP address of the machine that a backend runs on, without a port. Link-local addresses, where clouds keep their metadata service, are never a backend.',
    '127.0.0.1, api.internal, "::1"',
    '169.254.169.254, 0.0.0.0, api.internal:8080',
  ],
  address: [
    "a server's address",
    'A host and a port from 1 to 65535; an IPv6 address stands in brackets. No scheme, no path, no unix socket.',
    '127.0.0.1:8880, api.internal:8080, "[::1]:8880"',
    '127.0.0.1, 127.0.0.1:0, unix:/run/api.sock, 169.254.169.254:80',
  ],
  resolver: [
    'a DNS server',
    'The IP address of a DNS server, with a port where it is not 53.',
    '127.0.0.53, "[::1]:5353"',
    'dns.example.com',
  ],
  upstream: [
    'an upstream',
    'The name of an upstream, or the URL of a backend: http or https, a host, a port where it is not the usual one, and nothing behind it. The path of a request is passed on as it came. User names and passwords never stand in a spec.',
    'data, http://127.0.0.1:8080, https://api.internal:8443',
    'http://127.0.0.1:8080/api, http://user:secret@10.0.0.7, http://unix:/run/api.sock:/, ftp://10.0.0.7',
  ],
  network: [
    'an address or a network',
    'An IP address, or a network in CIDR notation whose bits behind the prefix are zero.',
    '10.0.0.5, 10.0.0.0/8, "fd00::/8"',
    '10.0.0.5/8, 10.0.0.0/33, all, example.com',
  ],
  'listen-address': [
    'an address to listen on',
    'The asterisk for every IPv4 address, one IPv4 address, or an IPv6 address in brackets; [::] is every IPv6 address.',
    '"*", 192.0.2.10, "[::]"',
    '::, localhost, unix:/run/web.sock, 192.0.2.10:443',
  ],
  duration: ['a duration', 'A whole number and a unit: ms, s, m, h or d.', '500ms, 90s, 5m, 1h', '90, 1.5h, 0s, -1s'],
  seconds: ['a duration in seconds', 'A whole number and a unit: s, m, h or d.', '10s, 5m, 1h', '500ms, 10, 1.5m'],
  'body-limit': [
    'a size',
    'A whole number and a unit (k, m or g), or the word unlimited.',
    '64k, 32m, unlimited',
    '32, 32MB, 0',
  ],
  'header-limit': [
    'a size of headers',
    'A whole number of kilobytes with the unit k, from 4k to 1024k. nginx holds the headers of a response in one buffer, and answers with 502 when they do not fit: cookies and policies make them long.',
    '16k, 64k',
    '64, 64kb, 2k, 2m',
  ],
  version: [
    'a version',
    'Two or three numbers with dots between them, and a letter where OpenSSL has one. Quotes keep 1.10 from becoming 1.1.',
    '"1.26.3", "3.0", 1.1.1w',
    '1, latest',
  ],
  target: [
    'a target',
    'auto for the nginx that is installed here, a version of it, or an object: {version, openssl, modules, without, fork}, or {file} with the saved output of nginx -V.',
    'auto, "1.26.3", {file: host.nginx-V}',
    'latest, "1.26"',
  ],
  openssl: [
    'the OpenSSL of a target',
    'The version that nginx runs with ("nginx -V" tells), or the name of a fork of OpenSSL: BoringSSL, LibreSSL or AWS-LC.',
    '3.5.0, 1.1.1w, BoringSSL',
    '3, newest, OpenSSL',
  ],
  fork: [
    'a fork of nginx',
    'The name and the version of a fork, as "nginx -V" tells them: Angie, freenginx, OpenResty or Tengine. The version of the target is that of the nginx which it follows.',
    'Angie/1.8.1, freenginx/1.27.2, OpenResty/1.27.1.1, Tengine/3.1.0',
    'nginx/1.26.3, Angie',
  ],
  'file-path': [
    "a file's path",
    'The absolute path of a file for nginx: letters, digits and . _ @ + - between the slashes, without . or .. in it, not below /dev, /proc or /sys. Words that nginx gives a meaning (engine:, store:, data:, syslog:, unix: …) are refused: some of them run code.',
    '/etc/ssl/api/fullchain.pem',
    'fullchain.pem, /etc/ssl/../shadow, engine:pkcs11:x, data:secret, "/etc/ssl/my key.pem"',
  ],
  'spec-path': [
    'a path beside the spec',
    'The path of a file that keepgate itself reads or runs, relative to the folder that keepgate is called in, or absolute: letters, digits and . _ @ + - and /, no hyphen at the start.',
    './hook, host.nginx-V, /etc/keepgate/tsig.key',
    '-rf, "my hook", $HOME/hook',
  ],
  'common-name': [
    'the common name of an issuer',
    'The name of a certificate authority, at most 64 bytes: no line break, control or invisible character, and no $.',
    'ISRG Root X1, "My Company Root CA"',
    '"Root $X", ""',
  ],
  certificate: [
    'where a certificate comes from',
    'acme, self-signed, or an object with the two files. acme is what a site has that says nothing.',
    'acme, self-signed, {cert: /etc/ssl/api.pem, key: /etc/ssl/api.key}',
    'letsencrypt, /etc/ssl/api.pem',
  ],
  'tls-profile': [
    'a TLS profile',
    'modern (TLS 1.3 alone) or intermediate (TLS 1.2 and 1.3) of the guideline that keepgate ships; @6.0 pins that version of it. Its version 6.0 has no profile old any more.',
    'intermediate, modern, intermediate@6.0',
    'old, modern@5.7, tls1.2',
  ],
  'acme-directory': [
    'an ACME directory',
    'letsencrypt, letsencrypt-staging (for trying out: browsers do not trust it, and its limits are wide), zerossl, google, or the https URL of the directory of another CA.',
    'letsencrypt, https://ca.example.com/acme/directory',
    'http://ca.example.com/directory, LetsEncrypt',
  ],
  'mail-address': [
    'a mail address',
    'One address, as a CA takes it for your account.',
    'ops@example.com',
    'ops, Ops <ops@example.com>',
  ],
  challenge: [
    'a challenge',
    'How control over the hosts is shown to the CA: http-01 (a file that nginx serves), or dns-01 (a TXT record) as an object with a hook, or with a DNS server that takes updates.',
    'http-01, {dns-01: {exec: ./hook}}, {dns-01: {rfc2136: {server: 192.0.2.53, zone: example.com, keyFile: tsig.key}}}',
    'dns-01, tls-alpn-01',
  ],
  'header-name': [
    "a header's name",
    'Letters, digits, hyphens and underscores, at most 46; no colon and no space.',
    'X-Frame-Options',
    '"X-Frame-Options:", "X Frame", $host',
  ],
  'address-header': [
    "a header with the client's address",
    'The header in which the balancer in front tells the address of the client: an address, or a list of them. nginx can not read Forwarded (RFC 7239), drops names with _, and would keep the address of the balancer then, which every allow-list that covers the balancer admits. The PROXY protocol is not spoken yet.',
    'X-Forwarded-For, X-Real-IP, CF-Connecting-IP',
    'Forwarded, X_Forwarded_For, proxy_protocol',
  ],
  'passed-header': [
    'a header to pass on',
    `keepgate clears request headers that tell a backend who asks, from where and how, because a client can write what it likes there. What stands below "pass" reaches the backend all the same, as the client wrote it: right only where everything in front of nginx takes it from strangers and sets it itself. These are cleared, in whatever case: ${identityHeaders.join(', ')}. ${neverPassed.join(', ')} are cleared too, and never passed on. Names with _ (API_KEY) are dropped by nginx itself, and so are those with other characters than letters, digits and hyphens.`,
    'X-Forwarded-User, Client-Cert',
    'X-Forwarded-For, X-Request-Id, REMOTE_USER',
  ],
  'header-value': [
    "a header's value",
    'Any text on one line without $, which nginx would read as a variable, at most 2000 bytes.',
    'DENY',
    '$remote_addr, two lines',
  ],
  text: [
    'a response body',
    'Any text on one line without $, which nginx would read as a variable, at most 2000 bytes.',
    '\'{"status": "gone"}\'',
    '$request_uri',
  ],
  reason: [
    'a reason',
    'Why a finding is ignored: a few words that tell the next reader why that is right here. They are counted in the report.',
    '"a network of these two machines alone"',
    '"", "x"',
  ],
  realm: [
    'a realm',
    'What a browser shows when it asks for the password. Any text on one line without $, but not the word off, which would switch the question off.',
    'Internal, "Reports of 2026"',
    'off, $host',
  ],
  'media-type': [
    'a media type',
    'A type and a subtype, with a charset where it has one.',
    'application/json, "text/html; charset=utf-8"',
    'json, text/*',
  ],
  'redirect-target': [
    'the target of a redirect',
    'A path that begins with one slash, or an http or https URL. A $ is refused, since nginx would read it as a variable.',
    '/new, https://keep.example.com/new?from=old',
    'new, //evil.example, javascript:alert(1), https://$host/',
  ],
  raw: [
    'raw nginx text',
    'nginx directives as they are, in one or more lines, at most 16 kB. It needs --allow-raw, because it can run code.',
    'proxy_cache off;',
    'a text with NUL or another control character',
  ],
};

const pageOf = ([title, rule, good, bad]: Grammar): Page => ({
  title: `not ${title}`,
  text: `${rule}\n\n  good: ${good}\n  bad:  ${bad}`,
});

export const formatPages: Pages = Object.fromEntries(
  Object.entries(grammars).map(([format, grammar]) => [`invalid-${format}`, pageOf(grammar)]),
);
