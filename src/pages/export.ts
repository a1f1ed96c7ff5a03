/** Certificates as PEM, PFX and JKS for other servers. */
import type { Pages } from './page.ts';

export const exportPages: Pages = {
  'export-password': {
    title: 'the password can not be used for this store',
    text: `Java takes printable ASCII characters in a PFX or JKS, and keytool six of them or more in a JKS. PEM and PFX may have none at all.

  keepgate cert export api --as pfx --out api.pfx --no-password`,
  },
  'export-password-missing': {
    title: 'the password is not where it was said to be',
    text: `The password file can't be read, or the environment has no such variable. An export that is kept current reads it again at each renewal,
so the file stays where it is, and the variable has to be in the environment of the timer.`,
  },
  'export-password-open': {
    title: 'everyone can read the password file',
    text: `Whoever has the password and gets at the store has the private key. Leave the file to its owner.

  chmod 600 /etc/keepgate/secret`,
  },
  'export-password-variable': {
    title: 'a renewal may not have the variable with the password',
    text: `An export that is kept current is made anew by "keepgate cert renew", most often by a systemd timer, whose service does not have the variables
of your shell. Without the variable the certificate is renewed, and the export stays the old one. A password file needs nothing.

  keepgate cert export api --as pfx --out api.pfx --password-file /etc/keepgate/secret --keep-current`,
  },
  'export-nothing': {
    title: 'there is no certificate to export yet',
    text: 'The store has a self-signed stand-in at most under this name, which no server should present. Have the certificate issued, or import it.',
  },
  'export-owner': {
    title: 'the export belongs to another user than its folder',
    text: `An export is for the owner of its folder, such as the user that Domino runs as, and nobody else may read it. Only root can give a file
away, so run the command as root, or change the owner afterwards.`,
  },
  'export-not-writable': {
    title: 'the export can not be written',
    text: `The folder is missing or closed to this user, a link on the way to it was made by another user, the disk is full, or there is a folder where the file should be. What was there before
is there still, whole, and of key and chain as PEM both: when the second can't be exchanged, the first is put back. Where even that
failed, the help names the file that holds the old key.`,
  },
  'export-failed': {
    title: 'the program that makes the store failed',
    text: `A PFX is made by OpenSSL's command line, 1.1.1 or later, and a JKS by Java's keytool. See whether the program works.

  openssl version
  keytool -help`,
  },
  'keytool-missing': {
    title: 'keytool is not installed',
    text: `Java's keytool alone writes JKS, a legacy format. Every Java since version 8 opens a PFX too, so that is the better choice.

  sudo apt-get install openjdk-17-jre-headless`,
  },
  'export-not-current': {
    title: 'an export could not be made anew',
    text: `The certificate was renewed and stays in place, but the file that another server reads is still the old one. The finding says why. Remove
the reason and run the renewal again: it issues nothing that is not due, and makes the export.

  sudo keepgate cert renew`,
  },
};
