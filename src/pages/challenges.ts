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
};
