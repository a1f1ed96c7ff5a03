/** The store of certificates, and the commands that fill it. */
import type { Pages } from './page.ts';

export const storePages: Pages = {
  'store-not-writable': {
    title: 'the store of certificates is closed to this user',
    text: `Certificates and their keys lie in a folder that only its user may enter, /var/lib/keepgate unless the spec or --store names another.
Run the command as root, or keep a store of your own; nginx has to be able to read it, which it does as root.

  sudo keepgate cert prepare
  keepgate cert prepare --store ~/certificates`,
  },
  'store-not-usable': {
    title: 'the store of certificates is open to others',
    text: `Whoever can write to the store, or owns a folder of it, can exchange the keys of your server, have an account sign for them, and name programs
that renewals run. So keepgate neither writes to such a store nor believes what is in it, and follows no link to a store that another user could have
made. Where others may only write to it, close it. A store of another user's is for that user to run keepgate on: giving it to root would
have root believe what that user wrote. Take a new one.

  sudo chmod 700 /var/lib/keepgate
  sudo -u notes keepgate cert list --store /local/notesdata/certificates`,
  },
  'store-within-reach': {
    title: 'the store of certificates lies in a folder of another user',
    text: `The store is root's, nobody else can read or change what is in it, and keepgate works in the folder that it has looked at. But whoever may
write to a folder above it can rename the store, and put something else in its place: nginx would serve that at the next reload. keepgate itself
refuses what is not root's. Better keep the store where root alone may write, and export what others need.

  sudo keepgate cert issue --store /var/lib/keepgate
  sudo keepgate cert export api --as pfx --no-password --out /local/notesdata/api.pfx --keep-current`,
  },
  'store-damaged': {
    title: 'something in the store is not what keepgate puts there',
    text: `A file of the store was changed, or lost a part of its contents, or a link or folder took its place. Nothing was changed. Put it back
from a backup; without one, move what is damaged away and get that certificate anew.`,
  },
  'store-locked': {
    title: 'another keepgate is at work in the store',
    text: `One process at a time changes the store. The message names the other one, and how long a command waits for it depends on the command. A
process that has ended holds nothing: its lock is taken over.

  ps -p PID`,
  },
  'certificate-name': {
    title: 'a certificate in the store can not be called that',
    text: `The name becomes a folder in the store. It is the name of a site, or without a spec the first host, with _ for the star of a wildcard.
It has small letters, digits, dots, hyphens and underscores, and begins with a letter, a digit or an underscore.`,
  },
  'request-waiting': {
    title: 'a key of another type waits for its certificate',
    text: `"cert csr" made a key and a request for this certificate before, and the answer of the CA has not been imported. If the request was
sent, its certificate will be for that key and for no other, so the key is not thrown away unasked.

  keepgate cert csr api.example.com
  keepgate cert csr api.example.com --key-type rsa-3072 --new-key`,
  },
  'file-exists': {
    title: 'the file exists already',
    text: `A file that keepgate would write is there, and is not an earlier one of the same kind. It stays as it is: name another file, or move
that one away.`,
  },
  'openssl-missing': {
    title: 'openssl is not installed',
    text: `PFX and P7B files are read, and PFX and JKS files written, with the program openssl. Install it, or convert the file on another machine and import PEM files.

  sudo apt-get install openssl`,
  },
  'import-not-readable': {
    title: 'the file can not be read as a certificate or key',
    text: `"cert import" reads PEM, DER, PFX (PKCS#12, .p12) and P7B (PKCS#7) files. What is in the file counts, not its name. A file that is damaged
was often copied as text by FTP or mail: copy it again. A Java keystore has to be converted.

  keytool -importkeystore -srckeystore api.jks -destkeystore api.p12 -deststoretype PKCS12`,
  },
  'import-password-needed': {
    title: 'a password is needed to read the file',
    text: `The private key is encrypted. On a terminal keepgate asks for the password and does not show it. Elsewhere put it into a file that only
you can read; it is never passed on a command line, where other users could see it.

  keepgate cert import api.pfx --password-file password.txt`,
  },
  'import-password-wrong': {
    title: 'the password is wrong',
    text: `The file was encrypted with another password. Capitals and blanks count, and of a password file the first line. Ask whoever exported
the file.`,
  },
  'import-password-file': {
    title: 'the password file can not be read',
    text: 'The file of --password-file is missing, closed to this user, or no regular file. Its first line is the password.',
  },
  'import-legacy': {
    title: 'the file is encrypted with an old algorithm',
    text: `Older versions of Windows and Java encrypt PFX files with RC2 or 3DES, which OpenSSL 3 leaves to its legacy provider. It is a package of
its own on some systems. Or have the file exported anew: the dialogue of Windows calls it AES256-SHA256.

  sudo apt-get install openssl-provider-legacy`,
  },
  'import-no-certificate': {
    title: 'there is no certificate in what was given',
    text: `The files have no certificate, though perhaps a key or a request (CSR). What the CA sends after the request is the certificate, often as
.crt, .cer, .pem or .p7b.`,
  },
  'import-no-key': {
    title: 'the private key is missing',
    text: `A certificate is of use only with its private key. It is in a PFX file, in a file of its own, or in keepgate's store if "cert csr" made the
request there. A P7B file never has it. Whoever made the request has the key.

  keepgate cert import api.crt --key api.key`,
  },
  'import-several-certificates': {
    title: 'there are several server certificates in what was given',
    text: `More than one certificate came with its private key, and each becomes a certificate of its own in the store. Import them one at a time.`,
  },
};
