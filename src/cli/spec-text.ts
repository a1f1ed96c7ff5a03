/** The commented spec that `keepgate init` and `keepgate up --host` write. */
import type { FrontSpec } from '../domino/front-spec.ts';
import { pinnedTarget } from '../model/pinned-target.ts';
import type { Target } from '../model/target.ts';
import { flowText, plainOrQuoted } from '../spec/flow-text.ts';
import { siteNameOf } from '../spec/site-name.ts';
import type { AcmeOptions } from '../spec/types.gen.ts';
import { dominoSite } from './domino-spec-text.ts';

export interface SpecTextOptions {
  readonly preset: 'rest-api' | 'domino-rest-api' | undefined;
  /** The site is called as the first of them; none: one that a person is to replace. */
  readonly hosts: readonly string[];
  /** A URL, or the name of an upstream. */
  readonly upstream: string | undefined;
  /** The nginx installed here. */
  readonly installed: Target | undefined;
  /** What an installation of the Domino REST API says. */
  readonly front?: FrontSpec | undefined;
  /** Where the machine answers for unknown hosts itself. */
  readonly defaultServer?: 'https' | 'off' | undefined;
  /** What is known of the CA and the account already. */
  readonly acme?: {
    readonly [Name in 'directory' | 'caFile' | 'email' | 'agreeToTerms' | 'challenge']?: AcmeOptions[Name] | undefined;
  };
}

const unknownHosts = {
  https: `  # This machine has a default server on port 80 already, so keepgate refuses unknown hosts over HTTPS alone.
  defaultServer: https
`,
  off: `  # This machine has a default server for HTTPS already, which answers for unknown hosts.
  defaultServer: off
`,
};

export function specText(options: SpecTextOptions): string {
  const { preset, hosts, upstream, installed, front, defaultServer, acme = {} } = options;
  const [first = 'api.example.com'] = hosts;
  const list = flowText(hosts.length > 0 ? hosts : [first]);
  const yours =
    hosts.length > 0 ? '' : '   # your host, here and below: the files and the certificate of a site have its name';
  const target =
    installed === undefined
      ? '  target: auto   # the nginx installed where this is rendered; a version such as "1.26.3" pins it'
      : `  # The nginx installed here, so that every machine renders the same; auto takes whichever is there.
  target: ${pinnedTarget(installed)}`;
  return `# Made by keepgate init. keepgate explain prints what it stands for; keepgate schema is for your editor.
version: 1

nginx:
${target}
${defaultServer === undefined ? '' : unknownHosts[defaultServer]}
${acmeText(acme)}
sites:
  ${plainOrQuoted(siteNameOf(first))}:${yours}
${front ? dominoSite(front, list, first) : plainSite(preset, list, upstream)}`;
}

const plainSite = (preset: SpecTextOptions['preset'], hosts: string, upstream: string | undefined): string =>
  `    hosts: ${hosts}
${preset === 'domino-rest-api' ? domino : preset === 'rest-api' ? restApi : plain(upstream ?? 'http://127.0.0.1:8080')}`;

function acmeText(acme: object): string {
  const given = Object.entries(acme);
  if (given.length === 0)
    return `# Certificates come from Let's Encrypt unless a site says otherwise. These are the options that matter first:
# acme:
#   email: ops@example.com
#   agreeToTerms: true
`;
  const lines = given.map(
    ([name, value]) => `  ${name}: ${typeof value === 'object' ? flowText(value) : JSON.stringify(value)}\n`,
  );
  return `# Where certificates come from.\nacme:\n${lines.join('')}`;
}

function plain(upstream: string): string {
  return `    upstream: ${JSON.stringify(upstream)}
    # What matters next; the first two are what they are without being written:
    # bodyLimit: 32m                # the largest request
    # timeouts: {read: 60s}         # longer than the API takes for an answer
    # tls: {hsts: {maxAge: 63072000}}
    # routes:
    #   /metrics: {upstream: "http://127.0.0.1:9090", allow: [10.0.0.5]}
`;
}

const restApi = `    preset:
      name: rest-api
      ports:
        data: 8080                  # for everyone
        # management: 8081          # never published: a route that leads there is refused
      # metrics: {allow: [10.0.0.5]}  # /metrics, for these addresses alone
`;

const domino = `    preset:
      name: domino-rest-api
      layout: single-domain         # routed by path; subdomains takes apiHost and webHost
      backend: 127.0.0.1            # the machine that the REST API runs on
      # web: http://127.0.0.1:81    # Domino's own HTTP; without it / goes to the REST API
      # metrics: {allow: [10.0.0.5]}  # /metrics on 8890, for these addresses alone
    bodyLimit: 128m                 # not smaller than the backend's bodyHandler.bodyLimit
`;
