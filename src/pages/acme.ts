/** What CAs say no to, and what happens on the way to them. */
import type { Pages } from './page.ts';

export const acmePages: Pages = {
  'unknown-acme-directory': {
    title: 'this is no ACME directory',
    text: `A CA is named by one of the words letsencrypt, letsencrypt-staging, zerossl and google, or by the https URL of its directory, without
a password in it. Another CA, and a private one such as step-ca, tells the URL to its users.

  https://ca.internal.example/acme/acme/directory`,
  },
  'terms-not-agreed': {
    title: 'the terms of the CA are not agreed to',
    text: `A CA gives an account only to who agrees to its terms of service (RFC 8555, section 7.3). The message has their address. keepgate
does not agree in your place; once for each CA is enough.

  keepgate cert issue --agree-tos`,
  },
  'acme-external-account-required': {
    title: 'the CA needs an external account binding',
    text: `Some CAs (ZeroSSL, Google, most commercial ones) tie an ACME account to one on their website. That website gives a key identifier and
a key, which most often can be used once. Put each into a file of its own, readable for you alone, and name the files; a key on
the command line could be read by every user of the machine.

  keepgate cert issue --eab-kid-file kid --eab-key-file key`,
  },
  'acme-eab-file': {
    title: 'a file of the external account binding can not be used',
    text: `One file has the key identifier and nothing else, the other the key in base64url as the CA shows it (letters, digits, - and _).
Neither JSON nor a name in front of it belongs there.`,
  },
  'acme-ca-file': {
    title: 'the CA certificates of the directory can not be used',
    text: `caFile is for a CA that only your network trusts: its root certificate, in PEM, against which the connection to its directory is
verified, and nothing else. The file is missing, can't be read, or has no certificate in it.`,
  },
  'acme-account-files': {
    title: 'the files of the ACME account can not be used',
    text: `The account of each CA has a folder in the store, with its private key (key.pem, PKCS#8) and its address (account.json). They can't be
read or written, most often because the store belongs to another user. When the key is damaged and there is no backup, move
it away: the next run registers a new account.`,
  },
  'acme-account-missing': {
    title: 'the store has no account at this CA',
    text: `A certificate is revoked by the account that got it, by its own private key, or by an account that has proven all of its names. A new
account could do nothing of that, so none is registered: the store has none for this CA, or the CA knows it no more or has closed it.

  keepgate cert revoke api --with-certificate-key`,
  },
  'acme-rate-limited': {
    title: 'the CA allows no more for now',
    text: `Every CA limits what an account, a domain and a set of names may get in a time. keepgate ends with code 5, and "retryAt" in the JSON
says when it makes sense to go on: when the CA says, else after keepgate's own pause, a minute at first and longer each time. Let's Encrypt gives 5 certificates in a week for exactly the same names, 50 for a
registered domain, and 5 failed attempts in an hour for a name. Try things out at the staging directory, whose limits are wide.

  keepgate cert issue --dry-run`,
  },
  'acme-ca-unavailable': {
    title: 'the CA can not answer at the moment',
    text: `It answered with status 503. When it says for how long, keepgate waits up to a minute by itself; for longer it ends with code 5 and
"retryAt". Certificates that are in use stay in use; a renewal has weeks of room for that.`,
  },
  'acme-ca-failed': {
    title: 'the CA failed',
    text: 'The fault is in the CA, which says so itself, or answers with a status of 500 and above. Try again later, and look at its status page.',
  },
  'acme-request-refused': {
    title: 'the CA does not accept the request',
    text: `The CA found something in a request that it does not take, and its words in the message say what. That is either a limit of this CA,
or a bug of keepgate.`,
  },
  'acme-account-refused': {
    title: 'the CA does not let this account do that',
    text: `The account was closed, is another one than the one that asked before, or may not have certificates for these names. An account that
is closed or unknown at the CA is replaced by a new one when the next run begins.`,
  },
  'acme-unauthorized': {
    title: 'the CA found another answer to its challenge',
    text: `The CA reached a server for the name, but got something else than what keepgate put there for it. Usual reasons: the name (or only its
IPv6 address) leads to another machine; port 80 redirects to something that asks for a login; another virtual host or a proxy
in front answers; for dns-01, not all name servers of the zone have the record yet. The message has what the CA saw.

  curl -i http://NAME/.well-known/acme-challenge/test   (http-01)
  dig _acme-challenge.NAME TXT @NAMESERVER              (dns-01, at each name server of the zone)`,
  },
  'acme-dns': {
    title: 'the CA can not resolve the name',
    text: `Its resolver got no answer for the name: it isn't registered, has no address, its name servers don't answer, or its DNSSEC is broken
(then it works with resolvers that don't check). Ask a resolver outside of your network.

  dig NAME @1.1.1.1
  dig NAME AAAA @1.1.1.1`,
  },
  'acme-connection': {
    title: 'the CA can not reach this machine',
    text: `Nothing answered at the addresses of the name. CAs come from several places of the world that they don't publish, so port 80 has to be
open for everyone, on IPv4 and, if the name has an AAAA record, on IPv6. Where it can't be, prove the name through DNS (dns-01).`,
  },
  'acme-tls': {
    title: 'the CA could not talk TLS to the server',
    text: `http-01 starts on port 80 in clear; when that redirects to https, the CA follows and accepts any certificate, but TLS has to work.
Serve the challenge folder on port 80 itself, as the sites that keepgate renders do.`,
  },
  'acme-caa': {
    title: 'a CAA record forbids it',
    text: `CAA records (RFC 8659) say which CAs may issue for a domain; the record nearest to the name counts, also one of a parent domain. Add one
for this CA, or take the CA that it names. "issuewild" counts for wildcards alone.

  dig NAME CAA
  example.com. CAA 0 issue "letsencrypt.org"`,
  },
  'acme-name-refused': {
    title: 'the CA gives no certificates for this name',
    text: `Public CAs give certificates only for names below a public suffix, that can be looked up in DNS by everyone, and refuse some that they
hold for risky. IP addresses need a profile for them. For names of your own network use your own CA.

  keepgate cert csr server.internal`,
  },
  'acme-csr-refused': {
    title: 'the CA does not accept the key or the request',
    text: `CAs differ in the keys that they take. EC P-256 and RSA with 2048 bits are taken everywhere. A key that stood in a leak before is
refused as well: make a new one.`,
  },
  'acme-profile-refused': {
    title: 'the CA does not have this profile',
    text: `A profile is a kind of certificate that a CA offers by name, such as classic, tlsserver and shortlived at Let's Encrypt. It does not
exist there, or not for so many or such names. Without one the CA uses its default.`,
  },
  'acme-user-action-required': {
    title: 'the CA wants something from a person',
    text: 'Most often the CA has new terms of service that somebody has to agree to. The words of the CA in the message have the address of a page: open it, then try again.',
  },
  'acme-contact-refused': {
    title: 'the CA does not accept the e-mail address',
    text: "It is misspelt, or its domain receives no mail. Most CAs need no address, and Let's Encrypt has not sent mail about expiry since 2025.",
  },
  'acme-order-not-ready': {
    title: 'the order is in another state',
    text: 'The CA has not finished with the challenges yet, or has finished the order already. Nothing is lost: the next run takes up the same order.',
  },
  'acme-already-replaced': {
    title: 'the certificate was renewed already',
    text: `A renewal tells the CA which certificate it replaces (RFC 9773), and the CA knows a successor of this one. Another machine, or another
program such as certbot, renews the same certificate. Let one of them do it.`,
  },
  'acme-already-revoked': {
    title: 'the certificate is revoked already',
    text: 'The CA has revoked it before, by your request or for a reason of its own. Clients that ask refuse it; get a new one if it is still in use.',
  },
  'acme-revocation-refused': {
    title: 'the CA does not accept this reason',
    text: 'Of the reasons of RFC 5280 a CA takes some. Usual ones are keyCompromise (1), superseded (4) and cessationOfOperation (5); without one it is unspecified.',
  },
  'acme-ca-timeout': {
    title: 'the CA did not answer in time',
    text: `A request has 30 seconds, for the connection, the answer and all of its body. A firewall that throws packets away without a word looks
like this. See what another program gets from here:

  curl -v https://acme-v02.api.letsencrypt.org/directory`,
  },
  'acme-ca-not-reached': {
    title: 'the CA can not be reached',
    text: `The connection was refused, or there is no way to that address. Either the URL of the directory has a wrong host or port, or this
machine may not go out to it. keepgate goes to a CA directly, not through a proxy.

  curl -v https://acme-v02.api.letsencrypt.org/directory`,
  },
  'acme-ca-not-found': {
    title: 'the name of the CA can not be resolved',
    text: 'The name servers in /etc/resolv.conf do not answer, or do not know the name. Correct them, or the URL of the directory.',
  },
  'acme-ca-not-trusted': {
    title: 'the TLS connection to the CA failed',
    text: `The certificate of the CA's own server is not one that this machine trusts, or there is no TLS at that port. For a private CA name its
root certificate as caFile. For a public CA there are three reasons: a firewall that opens TLS connections, a clock that is wrong,
or a caFile where none should be. keepgate has no switch to trust without looking.`,
  },
  'acme-ca-hung-up': {
    title: 'the CA ended the connection too early',
    text: 'The answer was not complete when the connection ended, so none of it was used. Try again; when it happens each time, something on the way there ends it.',
  },
  'acme-answer-too-large': {
    title: 'the answer of the CA is too large',
    text: 'keepgate reads 1 MB of an answer at most, a hundred times of what a CA sends. Whatever answers there is most likely no CA.',
  },
  'acme-answer-not-understood': {
    title: 'the answer is not what a CA sends',
    text: `There was an answer, but no JSON, or not with the members that RFC 8555 asks for: a web page, the login of a proxy, or a program that
isn't a CA. The message has the URL and what is wrong with it.`,
  },
  'acme-certificate-missing': {
    title: 'the download has no certificate in it',
    text: `The CA said that the certificate is issued, and where it is, but what it gave from there has no certificate. Order and key stay in the
store: the next run downloads it again and orders no second one.`,
  },
  'acme-insecure-url': {
    title: 'a URL of the CA is not an https one',
    text: `Everything between keepgate and a CA goes over https (RFC 8555, section 6.1), also the URLs that the CA itself gives. A CA behind a
reverse proxy that does not know its own scheme sends http ones: correct its base URL.`,
  },
  'acme-stopped': {
    title: 'it was stopped in the middle',
    text: 'Somebody stopped the command. What the CA had given by then is written down, and the same command goes on from there.',
  },
};
