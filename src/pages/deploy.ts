/** Putting a change into the running nginx, and hooks. */
import type { Pages } from './page.ts';

export const deployPages: Pages = {
  'reload-test-failed': {
    title: 'nginx -t refuses the real configuration',
    text: `Before a reload, nginx tests the configuration of this machine. It said no, so nothing was reloaded, and nginx goes on with what it has
in memory. It would not start again with what is on disk, though, so this should not wait. What it complains of need not be
keepgate's: any file of the machine can be it.

  sudo nginx -t`,
  },
  'reload-test-warning': {
    title: 'nginx -t accepts the real configuration with a warning',
    text: `The reload went on. nginx warns seldom, and then about something that has no effect, such as a name that two servers claim. It may be
in a file that is not keepgate's.`,
  },
  'reload-command-failed': {
    title: 'nginx could not be told to reload',
    text: `The test of the configuration passed, and the command for the reload failed, or the master process belongs to somebody else. nginx goes
on with what it has. Run keepgate as root.

  sudo keepgate cert renew
  systemctl status nginx`,
  },
  'reload-not-permitted': {
    title: 'nginx belongs to another user, and was not reloaded',
    text: `The new certificate is in the store and live/NAME leads to it. Only root and the user that nginx's master process runs as can have it
reloaded, so it was left alone. Where it serves certificates of this store, it goes on with the ones before until somebody reloads it: after
each renewal, so let root do it from cron, or keep the certificates in root's store and renew them as root. Where other programs use
them, --no-reload says that nginx has nothing to do with it.

  sudo nginx -t && sudo nginx -s reload
  keepgate cert renew --no-reload --store DIR`,
  },
  'reload-not-taken': {
    title: 'nginx was reloaded and kept its old configuration',
    text: `A test that passes and a reload that exits 0 prove little: nginx finds out afterwards that a port is held by another program, that a
shared zone has another key than before, or that a cache has another path, and goes on with the old configuration whole. It
says so in its error log alone. keepgate watches for that: the same master process, new workers, no complaint.

  sudo tail /var/log/nginx/error.log
  sudo ss -ltnp                         # who holds a port
  sudo systemctl restart nginx          # for a zone or a cache: these change at a start only`,
  },
  'reload-certificate-not-served': {
    title: 'another certificate is served than the new one',
    text: `nginx took the configuration, but a TLS handshake for this name shows another certificate. Another server block may answer for the
name, one of a file that is not keepgate's; or its ssl_certificate names another path; or what listens there is not this nginx. Since 1.27.4 nginx also keeps a certificate whose
file was overwritten in place within the same second: replace such a file by renaming another one over it.

  openssl s_client -connect 127.0.0.1:443 -servername NAME </dev/null | openssl x509 -noout -subject -fingerprint -sha256
  sudo nginx -T | grep -n -e server_name -e ssl_certificate`,
  },
  'change-put-back': {
    title: 'the change was undone',
    text: `nginx did not take the change, so it was undone on disk, tested and reloaded again, and watched: the old state is served, and a restart
of nginx would give the same. The other findings say why.`,
  },
  'put-back-not-taken': {
    title: 'the change was undone, and nginx is still not well',
    text: `The old state is back on disk, but nginx didn't take that either. Usually it was broken before, by a file that is not keepgate's. What
nginx has in memory goes on being served until it is restarted.

  sudo nginx -t && sudo systemctl reload nginx`,
  },
  'put-back-failed': {
    title: 'the change could not be undone',
    text: `nginx did not take the change, and the old state could not be put back: the disk may be full, or read-only. nginx serves the old state
from memory; a restart would not. Make room, and run the same command again.`,
  },
};
