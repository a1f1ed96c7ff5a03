/** How control over a name is shown to a CA. */
import type { Pages } from './page.ts';

export const challengePages: Pages = {
  'challenge-token-malformed': {
    title: 'the CA sent a malformed token',
    text: `The token of a challenge becomes the name of a file, so it may hold letters, digits, hyphens and underscores alone (RFC 8555, section
8.3). A CA that sends anything else is not one, or somebody sits in between. Nothing was written.`,
  },
  'webroot-not-usable': {
    title: 'challenges can not be written below the webroot',
    text: `The answer to an http-01 challenge is a file in WEBROOT/.well-known/acme-challenge. The folder can't be made or written, or a part of
the path below the webroot is a symbolic link: whoever planted it could have files of root's written anywhere, so links are not
followed there. Run as root, or make the folder for your own user.

  sudo install -d -m 755 -o "$USER" /var/lib/keepgate-acme`,
  },
  'port-taken': {
    title: 'another program listens on the port',
    text: `A CA asks for the answer to an http-01 challenge on port 80, and keepgate would answer itself, but a program is there already; the
finding names it where this user may see it. When it is nginx, let it serve the challenges: each site that keepgate renders
does. Any other web server can serve a folder too, or be stopped for a moment.

  keepgate cert issue --webroot /var/www/html --host api.example.com`,
  },
  'port-not-permitted': {
    title: 'this user may not listen on the port',
    text: `Ports below 1024 belong to root. Run the command as root, or let a web server that runs already serve the challenges from a folder
that you may write to.

  sudo keepgate cert issue --host api.example.com`,
  },
  'port-not-usable': {
    title: 'nothing can listen on the port',
    text: `The system refused a listener on the port; the finding has its code. The machine may have no network, or a sandbox around keepgate
may forbid listeners. A web server that runs already can serve the challenges from a folder instead.`,
  },
  'tsig-key-not-usable': {
    title: 'the key file for DNS updates can not be used',
    text: `A dns-01 challenge by RFC 2136 needs a key that the DNS server has too. The file holds one key in the form of BIND, for hmac-sha256,
hmac-sha384 or hmac-sha512; older algorithms are broken. Whoever reads it can change the zone, so it must not be readable for
everybody. keepgate never shows what stands in it.

  tsig-keygen -a hmac-sha256 keepgate > /etc/keepgate/dns.key && chmod 600 /etc/keepgate/dns.key`,
  },
  'dns-server-silent': {
    title: 'the DNS server does not answer',
    text: `The server that dynamic updates go to answers neither over UDP nor over TCP. The address or the port is wrong, it doesn't run, or a
firewall drops the packets. It has to be the primary server of the zone.

  dig @192.0.2.53 SOA example.com`,
  },
  'dns-update-refused': {
    title: 'the DNS server refused the update',
    text: `The server understood who asked, but didn't change the zone; the finding says why and has the server's own word. NOTAUTH: it isn't
the primary of the zone, or the zone is spelt otherwise. REFUSED: the key has no right to the name. A policy that suffices, in
BIND:

  update-policy { grant keepgate name _acme-challenge.api.example.com TXT; };`,
  },
  'dns-key-refused': {
    title: 'the DNS server refused the key',
    text: `Server and key file don't agree. BADKEY: the server has no key of that name and algorithm. BADSIG: its secret is another. BADTIME: the
clocks differ by more than five minutes; signatures hold the time, so that nobody can send them again (RFC 8945).

  timedatectl status`,
  },
  'dns-answer-unsigned': {
    title: 'the answer of the DNS server proves nothing',
    text: `An update is signed, and so is its answer (RFC 8945). This one isn't, or not with the key of the key file, so anybody could have sent
it. Something between here and the server may answer in its place, or the server drops signatures.`,
  },
  'dns-name-outside-zone': {
    title: 'the TXT record belongs to another zone',
    text: `The record of a dns-01 challenge is _acme-challenge.NAME, or what a CNAME there leads to. That name is not in the zone that the
settings of rfc2136 name, so the key couldn't change it. Name the right zone, or lead from the name into the zone.

  _acme-challenge.api.example.com. CNAME api.example.com.validation.example.net.`,
  },
  'dns-delegation-endless': {
    title: 'CNAME records lead in a circle',
    text: `The name _acme-challenge.NAME is an alias of an alias of itself, or the chain is too long for a CA to follow. Remove one of the CNAME
records.

  dig CNAME _acme-challenge.api.example.com`,
  },
  'dns-lookup-failed': {
    title: 'the resolver gave no answer',
    text: `Before a TXT record is made, the CNAME records of its name are followed. The resolver failed there: it is out of reach, or the name
servers of the domain don't answer it. A CA would fail as well.

  dig CNAME _acme-challenge.api.example.com`,
  },
  'dns-record-not-visible': {
    title: 'the TXT record can not be seen yet',
    text: `The record was made, but not all name servers of the zone show it, and a CA may ask any of them; so it was not asked. Secondary servers
take some time to follow the primary: when NOTIFY doesn't reach them, up to the refresh time of the zone. A hook script that
reports success without having made the record leads here too.

  dig +nssearch example.com; dig TXT _acme-challenge.api.example.com`,
  },
  'dns-hook-failed': {
    title: 'the hook script failed',
    text: `The script of a dns-01 challenge ended with an exit code other than 0, or not in time; the finding has the end of what it said. It is
called as lego calls its exec provider, "present" or "cleanup", the name of the record with a dot at its end, and its value, and has
the variables of certbot's manual hooks: CERTBOT_DOMAIN, CERTBOT_VALIDATION, CERTBOT_REMAINING_CHALLENGES, CERTBOT_ALL_DOMAINS,
and for cleanup CERTBOT_AUTH_OUTPUT. Of the environment it sees PATH, HOME and LANG alone.

  /etc/keepgate/dns-hook present _acme-challenge.api.example.com. some-value`,
  },
  'wildcard-needs-dns': {
    title: 'a wildcard needs dns-01',
    text: `A wildcard says something about a whole zone, so every public CA wants a TXT record for it (the challenge dns-01). Say how keepgate can
make one: a script, or dynamic updates by RFC 2136. Or list the names one by one.

  acme: {challenge: {dns-01: {exec: ./hook}}}
  acme: {challenge: {dns-01: {rfc2136: {server: 192.0.2.53, zone: example.com, keyFile: ./dns.key}}}}`,
  },
  'address-needs-http': {
    title: 'an IP address can not be proven with dns-01',
    text: `There is no DNS record that proves control over an address (RFC 8738, section 7), so it needs the challenge http-01. One certificate uses
one kind of challenge here: get one for the addresses, and another for the names.`,
  },
  'name-unknown': {
    title: 'the name does not exist',
    text: `The DNS has no such name (NXDOMAIN), so a CA finds no machine to ask. Check the spelling, and add an A or AAAA record that leads to this
machine. After adding it, resolvers may remember for some minutes that it wasn't there.

  dig A api.example.com`,
  },
  'name-without-address': {
    title: 'the name has no address',
    text: `The name exists, but has neither an A nor an AAAA record, so a CA has no machine to ask over http-01. Add one that leads here, or
use dns-01, which needs no address.`,
  },
  'name-not-resolved': {
    title: 'the name could not be looked up',
    text: `The resolver of this machine failed or didn't answer, so nothing is known about the name. The CA uses a resolver of its own, and may
have more luck; most often the name servers of the domain are at fault, and it fails as well.

  dig A api.example.com`,
  },
  'address-private': {
    title: 'the name leads to a private address',
    text: `Seen from here the name has an address that means something in this network alone. A public CA can't reach it. When names inside are
resolved otherwise than outside (split DNS), all may be well; if not, use dns-01, which needs no way in.`,
  },
  'challenge-unreachable': {
    title: 'an address can not be reached from here',
    text: `keepgate put up an answer of its own and asked for it as a CA would, on port 80, and nobody answered. Many routers don't lead their own
public address back inside, so from within this may be nothing; then the CA gets through. If a firewall closes port 80, or the
record names another machine, the CA fails too. All of a name's addresses count: a CA prefers IPv6.

  curl -v http://api.example.com/.well-known/acme-challenge/test`,
  },
  'challenge-not-served': {
    title: 'an address shows something else than the challenge',
    text: `keepgate put up an answer of its own and asked for it as a CA would, and a server gave another answer. An A or AAAA record may lead to
another machine; another server block may take the request; nginx may serve challenges from another folder; or a redirect leads
where no CA follows: other schemes than http and https, other ports than 80 and 443, an address. A failed validation counts
against the limits of the CA, so it wasn't asked.

  curl -v http://api.example.com/.well-known/acme-challenge/test`,
  },
  'caa-forbids': {
    title: 'CAA records forbid the certificate',
    text: `The owner of a domain lists in CAA records which CAs may issue for it (RFC 8659); those of the closest domain count. They leave this CA
out, or insist on another account or way of validation (RFC 8657). Add a record.

  example.com. CAA 0 issue "letsencrypt.org"`,
  },
  'caa-unknown': {
    title: 'CAA records can not be looked up',
    text: `The resolver didn't say whether the domain has CAA records. A CA has to know, and doesn't issue when the name servers give it no answer;
some old ones fail for a record type that they don't know.

  dig CAA example.com`,
  },
};
