/** The settings of an HCL Domino REST API: keepconfig.d and notes.ini. */
import type { Pages } from './page.ts';

export const dominoSettingPages: Pages = {
  'domino-folder': {
    title: "Domino's data folder can not be used",
    text: `keepgate works in the data folder of the Domino server, which has notes.ini and the folder keepconfig.d of the REST API in it. A symbolic
link in the place of keepconfig.d is not followed, because whoever owns the data folder could make it lead anywhere.

  sudo keepgate domino tls domino --data /local/notesdata --as pfx --file keepgate/domino.pfx --dry-run`,
  },
  'domino-file-kind': {
    title: "a file of Domino's is not a plain file",
    text: `notes.ini and the files of keepconfig.d are read and written only where they are regular files with one name and no larger than 1 MB. A
link, a FIFO or a device in their place is refused: keepgate may be root, and the data folder belongs to another user.`,
  },
  'domino-not-writable': {
    title: "a file of Domino's can not be written",
    text: `The files belong to the user that Domino runs as, and keep their owner and mode. Only root and that user can do that. Nothing is left
half done: what had been changed was put back.

  sudo keepgate domino tls --data /local/notesdata --undo`,
  },
  'domino-env-file': {
    title: 'the environment file can not be read',
    text: `The environment of the REST API overrides every file of keepconfig.d. --environment-file names a file of lines NAME=value that holds it: the
EnvironmentFile of a systemd unit, or the env_file of a container.`,
  },
  'domino-config-invalid': {
    title: 'a file of keepconfig.d is not what the REST API reads',
    text: `Every file of keepconfig.d whose name ends in .json has to be one JSON object in UTF-8. Comments are let pass, a trailing comma is not.
In a file that keepgate changes no key may stand twice: only the last one counts, and that is easily overlooked.`,
  },
  'domino-config-value': {
    title: 'a setting has a value of the wrong kind',
    text: `Ports and limits are numbers without quotes, switches are true or false without quotes, paths and addresses are texts. Keys are
case-sensitive, and the management port is really spelt MANAGMENTPORT.

  {"PORT": 8880, "MANAGMENTPORT": 8889, "HOST": "127.0.0.1"}`,
  },
  'domino-overridden': {
    title: 'another file or the environment overrides the setting',
    text: `The files of keepconfig.d are overlaid in alphabetical order (capitals first, and 10 before 9). Objects are merged, arrays and all
else are replaced, and the environment counts last. A setting that a later one undoes would look right and do nothing, so nothing is
written. Take the key out of the place that the message names. "domino tls" can also be given a later file name:

  keepgate domino tls domino --overlay zz-tls.json --data /local/notesdata --as pfx --file keepgate/domino.pfx`,
  },
  'domino-tls-leftover': {
    title: 'a key store is configured beside the Certificate Manager',
    text: `TLSCertStore takes certificates from Domino's own Certificate Manager, and another file still names a key store in TLSFile. An overlay
can't take away what another one sets: remove TLSFile, TLSType, TLSPassword and PEMCert there.`,
  },
  'domino-host-loopback': {
    title: 'HOST binds the ports to the loopback address',
    text: `With HOST on 127.0.0.1 the REST API can be reached from its own machine alone. That is right with a proxy beside it. With TLS of its own
it is wrong: clients, and Domino's own task, come by the certificate's host name, which has to lead to an address where the ports listen. A
proxy on another machine is cut off as well.`,
  },
  'domino-host-elsewhere': {
    title: 'the host name does not lead to the management port',
    text: `Domino's task calls the REST API at KeepManagementURL, by a name that the certificate is for. On the server that name has to lead to an
address where the management port listens; behind a router it often leads to the router. A line in /etc/hosts mends that on the server alone.
Where the name is resolved in another way, --no-lookup leaves the question out.

  10.0.0.20 domino.example.com`,
  },
  'domino-host-local': {
    title: 'the management port can not be called by that name',
    text: `With TLS, Domino's task verifies the certificate of the management port. No certificate that others trust is for localhost, 127.0.0.1 or
::1, so those don't work there, and nor does a wildcard: take a whole name that the certificate is for.

  keepgate domino tls --host domino.example.com --data /local/notesdata --as certmgr`,
  },
  'domino-host-unknown': {
    title: 'no host name for the management port is known',
    text: `KeepManagementURL needs a host name that the certificate is for. It comes from the certificate: one of keepgate's store, or with pem the
chain. Of a key store that is encrypted, or of the Certificate Manager, keepgate can't know it.

  keepgate domino tls --host domino.example.com --data /local/notesdata --as certmgr`,
  },
  'domino-host-not-in-certificate': {
    title: 'the certificate is not for the host name',
    text: `Domino's task would refuse the certificate, and the REST API would not start. Name a host that the certificate is for with --host, or get
a certificate for this one.`,
  },
  'domino-certificate': {
    title: 'the certificate that names the host can not be read',
    text: `The certificate was looked for in keepgate's store, or in the file of --chain. Reading the store needs the rights of its owner.

  sudo keepgate cert list`,
  },
  'domino-key-store': {
    title: 'the REST API could not open the key store',
    text: `The file is not there, or the user that Domino runs as may not read it, or may not enter a folder above it. keepgate's own store is
closed to that user on purpose: export the certificate to a place below the data folder. It is opened, too, as far as its password is known
here: with a wrong one, without a private key, or with the certificate of another key the API would not start its TLS.

  sudo keepgate cert export --help`,
  },
  'domino-password-short': {
    title: 'a JKS key store needs a password of six characters',
    text: `Java refuses JKS key stores with a shorter password. JKS is legacy encryption: a PFX does the same, with a password or without.`,
  },
  'domino-ini-missing': {
    title: 'there is no notes.ini in the data folder',
    text: `On Windows notes.ini often lies in the program folder, and for another machine there may be no copy at hand. Put the line that the message
shows into it yourself, with an editor that keeps its encoding. REST API 1.1.0 and later finds its management port without it.`,
  },
  'domino-ini-not-text': {
    title: 'notes.ini is not text in the usual encoding',
    text: `There are zero bytes in the file, as UTF-16 has them. Domino reads one byte or more for each character: an editor saved it wrongly. Save it
in the encoding that it had.`,
  },
  'domino-ini-twice': {
    title: 'the setting stands several times in notes.ini',
    text: `Which of several lines counts is Domino's to say, so keepgate doesn't choose. The message shows the lines: take all but one of them away,
then run the command again. Names that differ in their case alone are the same setting here.`,
  },
  'domino-changed': {
    title: 'a file was changed in the meantime',
    text: `The file is not what it was when the command looked at it, or, when undoing, not what keepgate made of it. Nothing was changed. What was
there before lies in keepgate-backup in the data folder. Domino writes to notes.ini itself, so there --undo puts back the one line with
KeepManagementURL alone, and refuses only when that line was changed since.`,
  },
  'domino-half-done': {
    title: 'a change failed half-way and could not be taken back',
    text: `Something was in the way of the change, and of taking back what had been changed already: usually the disk became full or read-only
meanwhile. What was there before lies in the backup that the message names, as 0, 1 …, in the order of its undo.json. When the cause is
mended, --undo puts it back.

  sudo keepgate domino tls --data /local/notesdata --undo`,
  },
  'domino-nothing-to-undo': {
    title: 'there is no backup to go back to',
    text: `Each run of "domino tls" and "domino proxy" that changes something keeps what was there in keepgate-backup in the data folder, and each
--undo goes one run back. There is none of this command.`,
  },
  'domino-backup-damaged': {
    title: 'the backup is not one that keepgate made',
    text: `The record undo.json of the backup was changed, or a file of it is missing. Nothing was put back. The files are in the folder that the
message names, numbered as undo.json lists them.`,
  },
  'domino-no-site': {
    title: 'the spec does not say which site is the REST API',
    text: `"domino proxy" takes what it writes from the one site with the preset domino-rest-api, so that the proxy and the API agree. With several
such sites, --site names one.

  keepgate init --preset domino-rest-api --host domino.example.com`,
  },
  'domino-tls-on': {
    title: 'the REST API has TLS of its own',
    text: `There are two ways to HTTPS: a proxy in front of the REST API, or TLS of its own. With the preset the proxy speaks HTTP to the API, on the
same machine, so the API's TLS has to be off.

  sudo keepgate domino tls --data /local/notesdata --undo`,
  },
  'domino-port-differs': {
    title: 'proxy and REST API disagree about a port',
    text: `The spec says, or takes for granted, another port than keepconfig.d. Say in the spec what the installation has; "keepgate init
--from-keepconfig" reads it.

  preset: {name: domino-rest-api, ports: {data: 9880}}`,
  },
  'domino-timeout-short': {
    title: 'the proxy gives up before the REST API does',
    text: `The REST API gives a request two minutes, or what verticles.NAME.threadTimeout says (milliseconds), and closes idle connections after
httpIdleTimeout (seconds; two minutes without it, never with 0). A proxy that waits less answers 504 while the API still works on the
request. The preset waits 150 seconds; timeouts.read in the spec changes that. The idle timeout of the API is written ten seconds below it.`,
  },
  'domino-not-alone': {
    title: 'httpIdleTimeout is not alone in its file',
    text: `The REST API takes httpIdleTimeout from a file that has nothing else in it. Move the other keys of keepgate-timeout.json to another file
of keepconfig.d.`,
  },
};
