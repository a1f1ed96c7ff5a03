/** Renewing certificates: limits of a CA, the timer, looking at what is there. */
import type { Pages } from './page.ts';

export const renewalPages: Pages = {
  'rate-limited': {
    title: 'the CA wants to be asked later',
    text: `The CA said how long to wait, or what is remembered of the last days says that it would refuse: for Let's Encrypt 300 orders in 3 hours
for an account, 5 certificates in 7 days for exactly the same names, 5 failed validations in an hour for a name. It was not asked, because asking
only makes the wait longer. The exit code is 5, and "retryAt" in the JSON says when to come back; "keepgate cert renew" does so by itself.

Most often something asks for the same certificate again and again. While you try things out, use the CA's staging directory.

  keepgate cert list`,
  },
  'certificates-per-domain': {
    title: 'the limit of the CA on a domain may be near',
    text: `Let's Encrypt issues 50 certificates in 7 days below one registered domain, renewals apart. What was issued for this store alone is
counted, by the last two labels of each name, so the real count may be another: the CA is asked all the same. Put several names into one
certificate, or use a wildcard.`,
  },
  'certificate-unknown': {
    title: 'the store has no certificate of that name',
    text: `A certificate is called like its site in the spec, or without a spec like its first host. The message names the store that was looked
into; another is named with --store, or by the spec.

  keepgate cert list`,
  },
  'timer-program-unsafe': {
    title: 'another user could change what the timer runs',
    text: `The timer runs keepgate as root, twice a day. Whoever can write to Node.js, to keepgate's program, or to a folder above them, could
have anything run as root. So they belong to root, and neither group nor others may write to them. A Node.js of nvm in somebody's
home is such a case. The finding has the place. Nothing was installed.

  sudo apt-get install nodejs npm
  sudo npm install --global keepgate
  sudo keepgate cert timer --install`,
  },
  'timer-foreign': {
    title: 'a unit of that name was made by somebody else',
    text: `A file called keepgate-renew.service or keepgate-renew.timer is there, and its first line is not the one that keepgate writes. It is
neither overwritten nor removed. Move it away, or keep it and compare.

  keepgate cert timer
  systemctl cat keepgate-renew.service keepgate-renew.timer`,
  },
  'timer-lacks-folder': {
    title: 'the timer may not write to the folder for challenges',
    text: `The timer's unit may write to the store, to folders of nginx, and to the folders of --webroot that certificates had when it was
installed. This certificate names another, so its renewal would fail there. Install the timer anew, with the options that it was installed
with, such as --store and --writable.

  sudo keepgate cert timer --install
  systemctl cat keepgate-renew.service`,
  },
  'systemctl-failed': {
    title: 'systemctl did not do it',
    text: `The unit files are where the message says, but systemd could not be told. In a container systemd often doesn't run. Where it does, the
commands are these; elsewhere cron can call "keepgate cert renew" twice a day.

  systemctl daemon-reload
  systemctl enable --now keepgate-renew.timer`,
  },
};
