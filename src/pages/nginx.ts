/** nginx: the target, the test, the sandbox, and what the machine has already. */
import type { Pages } from './page.ts';

export const nginxPages: Pages = {
  'nginx-missing': {
    title: 'no nginx is there to ask',
    text: `The spec leaves the target to the nginx of this machine, and there is none on the path. Install it, or say which nginx the files
are for: the version alone, or the output of nginx -V saved on the machine that they go to, which is exact.

  keepgate render --nginx-version 1.26.3
  keepgate render --target host.nginx-V`,
  },
  'nginx-not-runnable': {
    title: 'the nginx that was named does not run',
    text: `The program can't be started, or what it prints for -V is not nginx's. Name one that works; in the sandbox its libraries have to
lie below /usr, or in the folder above its bin or sbin folder.

  keepgate check --nginx /usr/sbin/nginx`,
  },
  'nginx-refused': {
    title: 'nginx -t refuses the configuration',
    text: `The real nginx read the rendered files and said no. The finding has its message, the rendered line, and the site that the line
belongs to. In text of your own (raw, or templates) correct it there; otherwise the target may not be the nginx that was asked,
or you have found a defect of keepgate's.

  keepgate explain                      # for which nginx files are rendered, and why`,
  },
  'nginx-warning': {
    title: 'nginx -t accepts the configuration with a warning',
    text: `nginx takes the files, but says that something in them has no effect or will stop working, such as a name that two servers claim.
It is worth reading: nginx warns seldom.`,
  },
  'nginx-timeout': {
    title: 'nginx -t did not end in time',
    text: `The test was ended. nginx waits without end for a FIFO that is named as a certificate, and long for name servers that don't answer.
Inside the sandbox neither exists, so look at raw text and at your own templates.`,
  },
  'nginx-crashed': {
    title: 'nginx -t was ended by a signal',
    text: `nginx crashed, or went beyond the memory, time or file size that a test may have. A file that includes itself does that, and a module
that was built for another nginx.`,
  },
  'nginx-did-not-start': {
    title: 'the trial nginx did not start',
    text: `The nginx that keepgate starts on loopback for a trial ended before it answered; the finding has what it said. A port may have been
taken meanwhile: try again.`,
  },
  'nginx-did-not-reload': {
    title: 'the trial nginx kept its old configuration',
    text: `The nginx that keepgate had started on loopback got a new configuration, and its workers were not replaced in time. The finding has
what it said.`,
  },
  'sandbox-missing': {
    title: 'the sandbox is not installed',
    text: `nginx -t opens logs, creates folders and can run code, so keepgate runs it in bubblewrap, where it reads the files at their final
places and touches nothing. Install it; without it only a part can be tested.

  sudo apt-get install bubblewrap
  keepgate check --sandbox none         # the partial test`,
  },
  'sandbox-failed': {
    title: 'the sandbox can not be set up',
    text: `bubblewrap is there, but the system doesn't let it make namespaces: many containers forbid that, and some distributions restrict
it for ordinary users. The finding has its reason. Run keepgate outside of the container, allow namespaces, or accept the
partial test.

  keepgate check --sandbox none`,
  },
  'sandbox-required': {
    title: 'this is tested in the sandbox only',
    text: `Raw nginx text can run code while nginx tests it, and a merge with the machine's own configuration needs its paths. Outside of the
sandbox keepgate does neither. Make bubblewrap work, or leave out --sandbox none.`,
  },
  'partial-test': {
    title: 'the test was made without a sandbox',
    text: `nginx was run in a throwaway folder on high ports: directives were read, but not under the nginx.conf of the distribution, and not
at the final paths. A clash with what stands there was not seen. Install bubblewrap for the full test. Where that can't be, as on a runner that
may make no namespaces, --sandbox none says that it is meant so: check then ends with 0, and else with 4.

  sudo apt-get install bubblewrap
  keepgate check --sandbox none         # where there can be none`,
  },
  'files-not-included': {
    title: 'nginx does not read the rendered files',
    text: `The test passed because nginx never saw the files: its nginx.conf includes another folder than the one that they go to. Debian has
sites-enabled; nginx.org's packages, RHEL and Alpine have conf.d. Name the layout.

  nginx: {layout: conf.d}`,
  },
  'target-incomplete': {
    title: 'a target names a version or a file',
    text: `nginx.target is an object, but has neither of the two. What a configuration may say depends on the version first.

  nginx: {target: {version: 1.26.3, openssl: 3.0.15, modules: [http_ssl_module, http_v2_module]}}`,
  },
  'target-unknown': {
    title: 'the target can not be read',
    text: `The version is not one of nginx, or the file does not hold what nginx -V prints. It prints to standard error, so save it like this:

  nginx -V 2> host.nginx-V
  keepgate render --target host.nginx-V`,
  },
  'target-mismatch': {
    title: 'the spec is for another nginx than the one here',
    text: `nginx.target names a version, and the nginx that tests the files has another. A test of one proves nothing about the other. Change the
target, use auto, or name the right nginx.

  keepgate check --nginx /opt/nginx-1.26/sbin/nginx`,
  },
  'target-not-tested': {
    title: 'no nginx of the version that the spec is for was tested',
    text: `nginx.target names a version, and none of the nginx of --nginx has it: what render writes was not what has been tested. Name one of
that version too, and in a pipeline take the image that has it.

  keepgate check --nginx /opt/nginx-1.26/sbin/nginx`,
  },
  'live-not-readable': {
    title: "the machine's configuration can not be read",
    text: `--live merges the rendered files with the nginx configuration of the machine, and there is no nginx.conf in that folder, or you
may not read it. As a hint it lists files that the test went without. Of another folder than /etc/nginx nothing is read that lies
outside of it, nor are words of its files shown: a copy of a configuration may lead anywhere.

  sudo keepgate check --live=/etc/nginx`,
  },
  'clash-default-server': {
    title: 'the machine has a default server already',
    text: `nginx takes one default server for each address and port, and a file of the machine has it: Debian's own page does, in
sites-enabled/default. Take that away so that keepgate's refuses unknown hosts, or keep it and leave keepgate's out.

  sudo rm /etc/nginx/sites-enabled/default
  nginx: {defaultServer: https}         # or this, in the spec; off where it is the TLS socket's`,
  },
  'clash-server-name': {
    title: 'the machine has a server of that name already',
    text: `A file of the machine, not keepgate's, has the same host on the same port. nginx only warns, and serves one of the two. Disable
the old file, or take the host out of the spec.`,
  },
  'clash-upstream': {
    title: 'the machine has an upstream of that name already',
    text: `Upstreams share one namespace in all of nginx. keepgate's begin with "keepgate_", so the other one is probably a copy of a rendered
file. Remove it, or rename the site.`,
  },
  'clash-directive': {
    title: 'a directive stands twice for all of nginx',
    text: `Some directives may stand once at the level of all servers, and a file of the machine has one that keepgate's shared file needs too.
The finding names the line to take out.`,
  },
  'clash-tls-protocols': {
    title: "the machine's default server decides about TLS versions",
    text: `Before nginx 1.29.2 the TLS versions of an address and port are those of its default server, and that is a server of the machine's
here: the site would speak other versions than its profile says. Take its ssl_protocols line out or make it the same, let the site
listen on an address of its own, or use nginx 1.29.2 or later.

  listen: {addresses: [192.0.2.10]}`,
  },
  'clash-socket': {
    title: 'a server of the machine speaks another way on the same socket',
    text: `The PROXY protocol and TLS belong to an address and port, not to a server: when one server's listen asks for it, nginx expects it
from every client of that socket, and newer versions only warn. With the site beside it, one of the two could not be reached any more.
Change the line that is named, or let the site listen on an address of its own.

  listen: {addresses: [192.0.2.10]}`,
  },
  'clash-listen-options': {
    title: 'the options of a socket are set twice',
    text: `Options such as reuseport and backlog may stand in one listen of an address and port only. keepgate sets reuseport for HTTP/3, in its
shared file. Take the option out of the line of the machine that is named; it holds for that server all the same.`,
  },
  'clash-zone': {
    title: 'a shared memory zone of that name is there already',
    text: `Zones share one namespace in all of nginx. keepgate's begin with "keepgate_" and end with their size, so the other one is probably a
copy of a rendered file that was changed. Give that zone another name, or take it out.`,
  },
  'address-not-here': {
    title: 'this machine does not have that address',
    text: `A site listens on an address that this machine has not now. nginx refuses to start then. That is right where the files go to another
machine, or where the address comes later; otherwise correct it, or listen on every address.

  listen: {addresses: ["*", "[::]"]}`,
  },
  'clash-log-format': {
    title: 'the machine has a log format of that name already',
    text: `Log formats share one namespace in all of nginx. The other one is probably a copy of keepgate's shared file; remove it.`,
  },
};
