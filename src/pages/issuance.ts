/** What an issuance can end in. */
import type { Pages } from './page.ts';

export const issuancePages: Pages = {
  'authorization-failed': {
    title: 'the CA could not see that a name is yours',
    text: `Before it issues, a CA looks for an answer that only the holder of a name can give: a file on port 80 (http-01) or a TXT record
(dns-01), from several places of the world. It did not find the answer for the names in the message, and its words say what it found
instead. Let's Encrypt allows five such failures of a name in an hour, so find the reason first: fetch the address from another
network, and look at the records with another name server.

  curl -v http://api.example.com/.well-known/acme-challenge/test
  dig TXT _acme-challenge.api.example.com`,
  },
  'challenge-not-offered': {
    title: 'the CA does not offer this challenge for the name',
    text: `Which challenges prove a name is the CA's decision: a wildcard takes dns-01 alone (RFC 8555, section 7.1.4), an IP address takes http-01.

  acme: {challenge: {dns-01: {exec: ./hook}}}`,
  },
  'order-failed': {
    title: 'the CA gave up the order',
    text: `The names were proven and the CA did not issue all the same; its words stand in the message: a CAA record, a name on its list
of forbidden ones, a key that it knows to be weak. The next run places a new order.`,
  },
  'order-slow': {
    title: 'the CA has not decided yet',
    text: `The order exists and the CA is still at work. Its address and the private key are in the store, so the next run asks for the same
order, and no second certificate is issued.

  keepgate cert issue`,
  },
  'preferred-chain-missing': {
    title: 'no chain leads to the preferred issuer',
    text: `A CA may offer several chains for one certificate. None of them leads to the common name that acme.preferredChain or
--preferred-chain says; the message lists what there is. keepgate takes no other in its place, since clients that need the one
would fail with the other. The certificate is issued and waits at the CA: the next run downloads it.`,
  },
  'acme-unknown-profile': {
    title: 'the CA has no such profile',
    text: `A profile chooses the lifetime and the form of a certificate. Each CA has its own, and lists them in its directory; some have none. An
order with an unknown one would be refused, or issued as if nothing was said.

  acme: {profile: tlsserver}`,
  },
  'no-staging-directory': {
    title: 'there is no directory to try things at',
    text: `A dry run goes through everything at a directory whose certificates nobody trusts, with a store that is thrown away. For Let's Encrypt and
Google that directory is known; for others name it.

  keepgate cert issue --dry-run --directory https://ca.test.example/directory`,
  },
  'nothing-to-issue': {
    title: 'no site asks for a certificate of a CA',
    text: `keepgate cert issue gets certificates for the sites with \`tls.certificate: acme\`, which is what a site has that says nothing.
Sites with files of their own or with self-signed are left alone.

  keepgate explain`,
  },
  'wrong-usage': {
    title: 'the command line can not be carried out',
    text: `In a JSON document this is what people are told in one line: an option that is unknown, contradicts another or has a value of the
wrong kind. Nothing was done, and the exit code is 2. The help of the command lists its options, with examples.

  keepgate cert issue --help`,
  },
  'certificate-unknown': {
    title: 'the store has no such certificate',
    text: `Certificates have the name of their site, or for --host that of the first name, with _ for the star of a wildcard.

  keepgate cert list`,
  },
  'certificate-not-of-a-ca': {
    title: 'the certificate was imported',
    text: `keepgate revokes what it got from an ACME CA. Whoever issued this one can revoke it: send them its serial number, which
\`keepgate cert show\` prints.`,
  },
  'certificate-put-back': {
    title: 'the new certificate is not served',
    text: `A new certificate was issued, nginx did not take the configuration with it or did not serve it, and the certificate before is in place
again. Nothing is lost: the new one is in the store. Once the reason is gone the same command switches to it, and asks the CA
for nothing.

  nginx -t
  keepgate cert renew`,
  },
};
