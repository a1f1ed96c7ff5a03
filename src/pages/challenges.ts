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

  keepgate cert issue --webroot /var/www/html api.example.com`,
  },
  'port-not-permitted': {
    title: 'this user may not listen on the port',
    text: `Ports below 1024 belong to root. Run the command as root, or let a web server that runs already serve the challenges from a folder
that you may write to.

  sudo keepgate cert issue api.example.com`,
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
  'hook-not-usable': {
    title: 'the hook was not run',
    text: `A hook runs with the rights of keepgate, most often root's. So the file, and each folder above it, has to belong to root or to the
user who runs keepgate, and nobody else may be able to write there; and it has to be executable.

  sudo chown root: /etc/keepgate/dns-hook && sudo chmod 755 /etc/keepgate/dns-hook`,
  },
};
