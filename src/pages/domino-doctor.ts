/** What `keepgate domino doctor` sees of a running REST API. */
import type { Pages } from './page.ts';

export const dominoDoctorPages: Pages = {
  'domino-port-open': {
    title: 'a port that is not for the public is open',
    text: `Management can reconfigure and stop the API, metrics and health tell about it, and the data port behind a proxy lets clients past TLS. An
answer 401 counts too: the port is there to be attacked. Close it in the firewall, or bind the API to 127.0.0.1 behind a proxy on
the same machine.`,
  },
  'domino-port-exposed': {
    title: 'ports of the API listen on more than loopback',
    text: `Proxy and API share the machine, so nothing else needs the API's ports: bound to loopback, they are closed whatever the firewall does. The
doctor sees on the server where they listen, and not what a firewall keeps away; that shows --from-outside on another machine.

  sudo keepgate domino proxy --data /local/notesdata`,
  },
  'domino-tls-off': {
    title: 'the proxy speaks TLS to an API that has none',
    text: 'The upstream in the spec has tls (or an https URL), and the data port answers in HTTP. Take it away, or give the API its own TLS.',
  },
  'domino-data-unreachable': {
    title: 'nothing answers on the data port',
    text: 'The task restapi does not run, still starts, or listens on another address or port. Look at the console of Domino, and at PORT and HOST.',
  },
  'domino-not-restarted': {
    title: 'the API runs with an earlier configuration',
    text: `What keepconfig.d says is right, as far as it can be seen, and what the API does is something else: it reads its files when it starts, and
has not been restarted since they were changed. On the console of Domino:

  tell restapi reload`,
  },
  'domino-tls-not-effective': {
    title: 'the API does not speak TLS, as it should',
    text: `keepconfig.d says that the API has TLS, and the port speaks HTTP. Either it has not read its files since, which "tell restapi reload" has it
do, or it could not open its key store: then the finding says so, and "domino-key-store" says why.

  tell restapi reload`,
  },
  'domino-https-closed': {
    title: 'nothing answers where clients go',
    text: 'Neither a proxy nor the API itself listens on the public port, or a firewall keeps connections away.',
  },
  'domino-chain-unverified': {
    title: 'clients do not trust the certificate',
    text: `It has expired, is for another name, is self-signed, or its chain is not complete. Clients refuse the connection. A CA of your own has
to be known to each client: here by the system's CA file (/etc/ssl/certs/ca-certificates.crt, or the environment's SSL_CERT_FILE), or by
--ca-file.`,
  },
  'domino-proxy-no-answer': {
    title: 'the proxy gets no answer of the API',
    text: `The proxy itself answers 502, 503 or 504. Its error log says what it tried to reach.

  sudo tail /var/log/nginx/error.log`,
  },
  'domino-certificate-outdated': {
    title: 'another certificate is served than the store has',
    text: 'It was renewed, and the server goes on with the one before until it expires. The server has to read it anew: a reload of nginx, or an export and a reload of the API.',
  },
  'domino-management-url': {
    title: 'KeepManagementURL does not fit',
    text: `Domino's own task calls the management port by this URL: https with the certificate's host name when the API has TLS of its own, http
without. localhost does not work with TLS, nor does a name that the certificate is not for, and the port stays the same.

  KeepManagementURL=https://domino.example.com:8889`,
  },
  'domino-body-limit': {
    title: 'the proxy refuses bodies that the API takes',
    text: 'Uploads between the two limits end with a 413 of nginx. Make the limit of the proxy the larger one, or both the same.',
  },
  'domino-cors-refused': {
    title: 'the API refuses its own public name',
    text: `Browsers send the public name as Origin, and the API refuses origins that CORS does not allow. From REST API 1.1.3 on the keys are
regular expressions of the whole origin, before that host names.

  sudo keepgate domino proxy --data /local/notesdata`,
  },
};
