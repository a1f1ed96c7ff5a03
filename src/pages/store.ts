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
    text: `Whoever can write to the store, or owns a folder of it, can exchange the keys of your server, so keepgate does not use such a store. See
who did that, and give it back to its user alone.

  sudo chown -R root: /var/lib/keepgate
  sudo chmod 700 /var/lib/keepgate`,
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
};
