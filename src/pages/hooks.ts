/** Programs of the user's own that keepgate runs. */
import type { Pages } from './page.ts';

export const hookPages: Pages = {
  'hook-missing': {
    title: 'the hook is not there',
    text: `A hook is a program or script, named by its absolute path: not a line for a shell, and not a folder. Put a line of commands into a
script.

  printf '#!/bin/sh\\nsystemctl restart postfix\\n' | sudo tee /etc/keepgate/restart-mail
  sudo chmod 755 /etc/keepgate/restart-mail`,
  },
  'hook-unsafe': {
    title: 'somebody else could change the hook',
    text: `A hook runs with the rights of keepgate, usually root's. Whoever can write to the file, or to any folder above it, can have anything run
with them. So the file, its folders, and links on the way belong to root or to the user that runs keepgate, and neither group nor
others may write to them. The finding has the place, and the command that mends it.

  chmod go-w /etc/keepgate/hook
  sudo chown root /etc/keepgate/hook`,
  },
  'hook-not-executable': {
    title: 'the hook can not be started',
    text: `It needs the right to be executed, and a script begins with the line that names its interpreter by a path that exists.

  chmod u+x /etc/keepgate/hook
  head -n 1 /etc/keepgate/hook          # such as #!/bin/sh`,
  },
  'deploy-hook-failed': {
    title: 'the deploy hook failed',
    text: `The new certificate is stored and nginx serves it; the program that had to hear of it ended with an error or took too long, so another
service may go on with the old certificate. The finding has the last that it said. It gets KEEPGATE_NAME, KEEPGATE_DOMAINS,
KEEPGATE_CERTIFICATE, KEEPGATE_KEY and KEEPGATE_LIVE, that of an export KEEPGATE_EXPORT too; certbot's RENEWED_LINEAGE and RENEWED_DOMAINS; lego's LEGO_CERT_DOMAIN,
LEGO_CERT_PATH and LEGO_CERT_KEY_PATH; PATH, HOME and LANG, and nothing else. Mend it: each run of "keepgate cert renew" calls it again until it succeeds, and ends with 4 as long
as it does not.

  sudo keepgate cert renew`,
  },
};
