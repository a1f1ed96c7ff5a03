/** Certificates, keys and password files on disk. keepgate reads them itself; nginx -t notices hardly any of this. */
import type { Pages } from './page.ts';

const notAFile = (what: string) => ({
  title: `${what} is not a regular file`,
  text: `The path leads to a folder, a device, a socket or a FIFO. nginx would not start, or wait for ever for somebody to write into it. Name a
regular file, or a link to one.`,
});

const unreadable = (what: string) => ({
  title: `${what} can not be looked at`,
  text: `You may not read the file, so nothing can be said about it. That is right for a key, which belongs to root. Run the check as root for
the whole answer.

  sudo keepgate check`,
});

const tooLarge = (what: string) => ({
  title: `${what} is larger than 1 MB`,
  text: 'No certificate, key, list of CAs or password file is as large as that. The path is probably wrong.',
});

export const certificatePages: Pages = {
  'certificate-missing': {
    title: 'the certificate does not exist yet',
    text: `The files aren't there. For certificates that keepgate gets from a CA that is as it should be before the first time: a stand-in takes
their place in the test. For files of your own it means that the path is wrong, or that one half of the pair is lost; nginx
does not start without them.`,
  },
  'certificate-not-a-file': notAFile('the certificate or key'),
  'certificate-unreadable': unreadable('the certificate or key'),
  'certificate-too-large': tooLarge('the certificate or key'),
  'certificate-malformed': {
    title: 'the file holds no certificate that can be read',
    text: `There is no PEM certificate in the file, or one of them is damaged. A PEM file has blocks that begin with "-----BEGIN CERTIFICATE-----";
a DER or PKCS#12 file has to be converted.

  openssl x509 -inform DER -in server.der -out server.pem
  openssl pkcs12 -in server.pfx -nokeys -out chain.pem`,
  },
  'certificate-expired': {
    title: 'the certificate has expired',
    text: 'Every client refuses it. Renew it, and find out why that did not happen by itself.',
  },
  'certificate-not-yet-valid': {
    title: 'the certificate is not valid yet',
    text: 'Clients refuse it until its first day. When that day is past, the clock of this machine is wrong.',
  },
  'certificate-expires-soon': {
    title: 'the certificate expires soon',
    text: `Less than a tenth of its lifetime is left. A renewal that works by itself would have replaced it long before: look at its log, and renew
the certificate by hand meanwhile.`,
  },
  'certificate-name-mismatch': {
    title: 'the certificate is for other names',
    text: `Every host of a site has to be among the subject alternative names of its certificate; the common name counts for nothing. Have it
issued for all of them, or take the host out of the site.

  openssl x509 -in fullchain.pem -noout -ext subjectAltName`,
  },
  'certificate-chain-order': {
    title: 'the chain is in the wrong order',
    text: `The server's own certificate comes first, then the one that signed it, and so on. nginx sends them in the order of the file, and many
clients give up when it is wrong.

  cat server.pem intermediate.pem > fullchain.pem`,
  },
  'certificate-no-chain': {
    title: 'the chain lacks the issuer',
    text: `The file has the server's certificate alone. Browsers may find the issuer elsewhere; curl, Java and most programs don't, and refuse.
Use the file that your CA calls the full chain.

  cat server.pem intermediate.pem > fullchain.pem`,
  },
  'certificate-root-in-chain': {
    title: 'the chain ends in the root',
    text: 'Clients trust their own copy of a root, never the one that a server sends. It does no harm but makes every handshake longer: leave it out.',
  },
  'certificate-weak': {
    title: 'the certificate is too weak',
    text: `Its key is too short, or it is signed with SHA-1 or MD5. Clients refuse it, and nginx with OpenSSL 3 may not even start. Get a new one
for a new key, EC P-256 or RSA of at least 2048 bits.

  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem`,
  },
  'certificate-key-mismatch': {
    title: 'the key is not that of the certificate',
    text: `The certificate was issued for another key, or is of another kind. nginx -t may accept the pair, and then every handshake fails. Find the
key that it was issued for; these two print the same when they belong together:

  openssl x509 -in fullchain.pem -noout -pubkey
  openssl pkey -in privkey.pem -pubout`,
  },
  'certificate-key-mode': {
    title: 'others can read the private key',
    text: `Whoever can read the key can pretend to be your server. nginx reads it as root before it gives up its rights, so nobody else needs to.
If strangers could have read it, get a new key and have the certificate issued anew.

  sudo chmod 600 privkey.pem`,
  },
  'certificate-key-encrypted': {
    title: 'the private key is encrypted',
    text: `nginx would ask for the password at every start, where nobody answers. Keep the key in clear, readable for root alone.

  openssl pkey -in encrypted.pem -out privkey.pem`,
  },
  'certificate-key-malformed': {
    title: 'the file holds no private key that can be read',
    text: `There is no PEM private key in the file, or it is damaged. Its block begins with "-----BEGIN PRIVATE KEY-----" (or EC or RSA before the
word PRIVATE).`,
  },
  'ca-missing': {
    title: 'the file of CA certificates does not exist',
    text: 'The file that clients or a backend are to be verified against is not there. nginx does not start without it. Correct the path, or put the file there.',
  },
  'ca-not-a-file': notAFile('the file of CA certificates'),
  'ca-unreadable': unreadable('the file of CA certificates'),
  'ca-too-large': tooLarge('the file of CA certificates'),
  'ca-malformed': {
    title: 'the file holds no CA certificate that can be read',
    text: 'There is no PEM certificate in the file, or one of them is damaged. nginx does not start with it.',
  },
  'ca-expired': {
    title: 'a CA certificate has expired',
    text: 'What an expired CA has signed is refused: clients with its certificates can not get in, or a backend is not reached. Put its successor into the file.',
  },
  'password-file-missing': {
    title: 'the password file does not exist',
    text: `Without the file of "basicAuth" nginx answers 403 to everyone. Make it:

  htpasswd -c -B /etc/nginx/api.htpasswd NAME`,
  },
  'password-file-not-a-file': notAFile('the password file'),
  'password-file-unreadable': unreadable('the password file'),
  'password-file-too-large': tooLarge('the password file'),
  'password-file-mode': {
    title: 'everyone can read the password hashes',
    text: `Hashes can be tried out at leisure by whoever has them. Leave them to root and the group of nginx's workers.

  sudo chown root:www-data api.htpasswd && sudo chmod 640 api.htpasswd`,
  },
  'password-file-empty': {
    title: 'the password file has no user',
    text: `Nobody can get in. Add a line for each user.

  htpasswd -B /etc/nginx/api.htpasswd NAME`,
  },
  'password-file-malformed': {
    title: 'a line of the password file is not NAME:HASH',
    text: 'nginx passes over such a line, so its user can not get in. Make it again with htpasswd.',
  },
  'password-file-plain': {
    title: 'a password stands in clear',
    text: `Whoever reads the file, or a backup of it, has the password. Replace it by a hash.

  htpasswd -nB NAME`,
  },
  'password-file-weak': {
    title: 'a password hash is too weak',
    text: `The hash is SHA-1 without a salt, or crypt's oldest form, of which only eight characters count. Both are guessed quickly. Make a new one.

  htpasswd -nB NAME`,
  },
  'password-file-unknown-hash': {
    title: 'nginx does not know this hash',
    text: `The user can't get in: nginx knows no hash of this form, and a plain password has to be marked as one. Make a new line.

  htpasswd -nB NAME`,
  },
};
