/** Installing files where nginx reads, and going back. */
import type { Pages } from './page.ts';

export const installPages: Pages = {
  'probe-failed': {
    title: 'a site does not answer with its certificate',
    text: `nginx was asked for the site over HTTPS on this machine, and there was no handshake, or the certificate of the handshake is not the one
in the store. Either nginx does not run, or a server block that keepgate did not write answers for this name on this socket.

  sudo nginx -T | grep -n server_name
  sudo ss -ltnp 'sport = :443'`,
  },
  'probe-backend-silent': {
    title: 'nginx answers, and the API behind it does not',
    text: `The site is served over HTTPS, and nginx says 502 or 504, since nothing answered at the upstream. HTTPS is done; start the API, or give its
address as the site's upstream.

  curl -i http://127.0.0.1:8080/`,
  },
  'probe-no-answer': {
    title: 'a site serves its certificate, and answers nothing',
    text: `The handshake is right, but the connection was closed without an answer, or none came within five seconds. A slow API is the usual
reason; a route that closes the connection by intent is none to worry about.

  curl -v https://api.example.com/
  sudo tail /var/log/nginx/error.log`,
  },
  'probe-skipped': {
    title: 'a site was not looked at',
    text: `A site is looked at on this machine by its first host that is no wildcard and no IPv6 address, on the sockets of its "listen", and
its certificate is compared with the file. Where one of these is missing, or the file can't be read, nobody knows whether it is served.

  curl -v https://www.example.com/`,
  },
  'root-missing': {
    title: 'the folder of --root does not exist',
    text: `--root names nginx's folder, the one that holds nginx.conf, or the root of a file system that has an etc/nginx: an image that is mounted,
a container's. keepgate makes neither, since a mistyped path would install for nobody.

  keepgate apply --root /mnt/image
  keepgate apply --root /mnt/image/etc/nginx      # the same`,
  },
  'root-link': {
    title: 'a link in the image leads out of it',
    text: `With --root, nginx's folder and the store of certificates lie in another file system. A link there that begins with a slash means a
place of that system, but would be followed into this machine's, so it is refused, and no file of this machine is touched. A relative
link that stays inside is followed.

  ln -sfnr /mnt/image/opt/nginx /mnt/image/etc/nginx`,
  },
  'apply-not-tested': {
    title: 'the files were installed without a test',
    text: `The files are for an nginx of another version than the one installed here, or none is installed. A test with another version would prove
nothing, so there was none. Test it where that nginx is, or name a program of that version. With --root, --sandbox none asks for
no test at all.

  keepgate apply --root /mnt/image --nginx /opt/nginx-1.26/sbin/nginx`,
  },
  'live-broken': {
    title: 'what nginx reads was broken before',
    text: `apply begins with nginx -t of what is there. It failed because of something that is not keepgate's, so nothing was changed: nginx goes on
with what it has in memory, but would not start again, and nobody could tell this change from that mistake afterwards. What
only keepgate's own files are guilty of is no obstacle, since apply writes them anew.

  sudo nginx -t`,
  },
  'install-folder-unsafe': {
    title: 'others can write to the folder that is installed into',
    text: `Whoever can write to the folder of nginx's configuration, or to a folder above it, decides what nginx runs, as root, and could have put
anything there: a journal that keepgate carries out, a list of files that it removes. So keepgate believes nothing that it finds there, and
installs only where root and the one who runs it are the sole writers, from / down to the folder of each file. A folder like /tmp (mode 1777)
may be above. A link in the place of conf.d, sites-available or sites-enabled is refused, since the files would lie where it leads.

  namei -l /etc/nginx/sites-available
  sudo chown root /etc/nginx/sites-available && sudo chmod go-w /etc/nginx/sites-available`,
  },
  'install-locked': {
    title: 'another run is changing the same installation',
    text: `Only one run at a time changes what nginx reads, and this one has waited ten minutes for others. A run that was killed holds
nothing; one in another container is waited for until it has been silent for ten minutes.

  ps -p PID`,
  },
  'state-not-usable': {
    title: 'the folder that keepgate remembers its changes in can not be used',
    text: `Beside the files, in .keepgate, lie the lock, the journal of a change that is being made, and what stood there before the last ten
changes. Only the one who installs may enter it (mode 0700), and no link leads there. Without it a change could not be undone, so
none was begun. As an ordinary user run keepgate with sudo.

  ls -la /etc/nginx/.keepgate`,
  },
  'state-damaged': {
    title: 'a journal or a past state is not what keepgate wrote',
    text: `It would decide what is written and removed, so it is not acted upon. If it is the journal (journal.json), a run was cut off, and what it
had changed has to be looked at by hand before it is moved away: keepgate diff shows how the files differ from the spec. A file in
history is one state that can't be gone back to.

  sudo nginx -t && sudo mv /etc/nginx/.keepgate/journal.json /root/`,
  },
  'install-not-put-back': {
    title: 'a change failed half-way and could not be undone',
    text: `Something was in the way of the change, and of undoing it too: usually the disk became full or read-only meanwhile. nginx goes on with
what it has in memory. Nothing is lost: the journal holds what stood there. Remove the reason, then run any command that writes; it
puts the former state back before it does anything else.

  sudo keepgate apply`,
  },
  'crash-recovered': {
    title: 'a run that was cut off was undone',
    text: `An earlier run was killed, or the power failed, while it changed files. Its journal told what stood there before; that was put back,
and nginx has read it where it runs and is this command's to reload. Then this run did what it was asked for.`,
  },
  'recovery-not-taken': {
    title: 'what was put back after a crash is not loaded',
    text: `An earlier run was cut off, and what stood there before it was put back, but nginx did not take that: its test fails, or the reload
did. nginx may still run with what the run that was cut off had it read. The other findings say why. Until it was reloaded, every apply
tries again, and diff says that there is something to do.

  sudo nginx -t
  sudo keepgate apply`,
  },
  'crash-left': {
    title: 'a file was changed after a run that was cut off',
    text: `The file is neither what stood there before that run nor what the run wrote: somebody has changed it since. So it was left as it is.

  keepgate diff`,
  },
  'start-failed': {
    title: 'nginx could not be started',
    text: `The test passed, but nginx ended again, made no workers, or serves another certificate than it should. The files were put back, and
what this run had started was stopped. The message has what the error log and the journal say, where there is anything. Another
program may hold a port; the log says which.

  sudo ss -ltnp
  sudo journalctl -u nginx`,
  },
  'rollback-unknown': {
    title: 'there is no such change to undo',
    text: `rollback goes back to what stood there before the last change of a spec, or with --to before the change of that number; the sites of
other specs stay as they are, unless it is --all. The last ten changes are kept, and the last one of each spec, beside the files that they changed: with --root for another folder than nginx's own.
A spec of which nothing was installed, such as the keepgate.yaml of the working folder, is not taken for another one: name the one that is
meant, as keepgate status shows it.

  keepgate rollback --list`,
  },
  'selinux-blocks-port': {
    title: 'SELinux keeps nginx from a port',
    text: `On systems like RHEL nginx may listen only on ports of the type http_port_t: 80, 443, 8443 and a few more. The command adds this one.

  sudo semanage port -l | grep http_port_t
  sudo semanage port -a -t http_port_t -p tcp PORT`,
  },
  'selinux-blocks-files': {
    title: 'SELinux keeps nginx from certificates',
    text: `nginx -t run by hand may read what the nginx of the service may not. The store of certificates needs a type that it may read.

  sudo semanage fcontext -a -t cert_t '/var/lib/keepgate(/.*)?' && sudo restorecon -R /var/lib/keepgate`,
  },
  'selinux-blocks-backends': {
    title: 'SELinux keeps nginx from connecting to backends',
    text: `On systems like RHEL nginx may not open connections until this switch is on: each request gets a 502, and the error log says
"(13: Permission denied) while connecting to upstream".

  sudo setsebool -P httpd_can_network_connect on`,
  },
  'firewalld-closed': {
    title: 'firewalld lets nobody connect',
    text: `nginx listens, but the firewall of this machine closes the port. The help opens it, now and after a restart. http-01 challenges of a CA
need port 80.

  sudo firewall-cmd --list-all`,
  },
};
