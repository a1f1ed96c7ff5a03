/** A resolved configuration against the real nginx, in a sandbox. */
import { type Diagnostic, reaches } from '../diagnostic.ts';
import type { Resolved } from '../model/resolve.ts';
import { nginxName } from '../model/target.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { isOwnConfiguration } from '../nginx/machine.ts';
import { type TestOptions, testConfiguration } from '../nginx/sandbox.ts';
import type { Rendered } from '../render/render.ts';
import type { Places } from '../spec/load.ts';
import { blame } from './blame.ts';
import { explainClash, foreignFiles } from './clash.ts';
import { foreignAddresses, isLackOfAddress, onlyLacksAddress } from './listen-addresses.ts';
import { liveFiles } from './live.ts';
import { socketClashes } from './live-sockets.ts';
import { tlsClashes } from './live-tls.ts';
import { type TreeOptions, testTree } from './test-tree.ts';

export interface NginxVerdict {
  /** Such as `nginx 1.22.1`, or `Angie 1.8.1 (nginx 1.27.3)`. */
  readonly nginx: string;
  /** `partial`: passed, but not everything could be tested. `failed`: it could not be tried. */
  readonly outcome: 'passed' | 'refused' | 'partial' | 'failed';
  readonly diagnostics: readonly Diagnostic[];
  /** Why it is `partial` or `failed`. */
  readonly obstacle?: Diagnostic;
}

/** Runs `nginx -t` over what would be installed. Never throws for what nginx does: hanging or crashing is a verdict too. */
export async function checkWithNginx(
  nginx: NginxBinary,
  rendered: Rendered,
  resolved: Resolved,
  places: Places,
  options: TreeOptions & TestOptions,
): Promise<NginxVerdict> {
  const name = nginxName(nginx.target);
  const result = await testConfiguration(nginx, testTree(rendered, resolved.model, options), options);
  if (result.outcome === 'failed')
    return { nginx: name, outcome: 'failed', diagnostics: [], obstacle: result.diagnostic };
  const messages = result.messages.filter((message) => !isLackOfAddress(message));
  const passed = result.passed || onlyLacksAddress(result.messages);
  const live = options.live === undefined ? [] : foreignFiles(liveFiles(options.live), rendered, options.without);
  const included = live.filter((file) => file.included);
  const clashes = new Map(messages.map((message) => [message, explainClash(message, rendered, live)]));
  const quoteOthers = options.live === undefined || isOwnConfiguration(options.live);
  const unexplained = messages.filter((message) => !clashes.get(message));
  const diagnostics = [
    ...[...clashes.values()].filter((clash) => clash !== undefined),
    ...socketClashes(resolved, rendered, included),
    ...tlsClashes(resolved, nginx.target.version, rendered, included),
    ...blame(unexplained, { nginx: name, quoteOthers }, rendered, resolved, places),
    ...foreignAddresses(resolved.expanded, places),
    ...(options.live === undefined ? [] : skippedFiles(result.skipped)),
  ];
  if (!passed && !reaches(diagnostics, 'error'))
    diagnostics.push({
      code: 'nginx-refused',
      severity: 'error',
      message: `${name} refuses the configuration without a word`,
    });
  if (result.unread.length > 0)
    diagnostics.push({
      code: 'files-not-included',
      severity: 'error',
      message: `${name} does not read ${result.unread.slice(0, 3).join(', ')}: no include of its nginx.conf reaches there`,
      help: 'Name the layout of this nginx in the spec: nginx: {layout: conf.d}; or write into its nginx.conf, in http { }: include conf.d/*.conf;',
    });
  if (!passed) return { nginx: name, outcome: 'refused', diagnostics };
  if (result.isolation === 'bwrap') return { nginx: name, outcome: 'passed', diagnostics };
  return { nginx: name, outcome: 'partial', diagnostics, obstacle: partialTest(name, options.sandbox === 'none') };
}

function partialTest(name: string, isChosen: boolean): Diagnostic {
  const message = `${name} was tested without a sandbox: on high ports, and not under the distribution's nginx.conf`;
  const help = isChosen
    ? 'That is what --sandbox none asks for; without it the test is a full one, in bubblewrap.'
    : 'For a full test install bubblewrap (sudo apt-get install bubblewrap) and allow user namespaces.';
  return { code: 'partial-test', severity: isChosen ? 'info' : 'warning', message, help };
}

function skippedFiles(skipped: readonly string[]): Diagnostic[] {
  if (skipped.length === 0) return [];
  const more = skipped.length > 3 ? ` and ${skipped.length - 3} more` : '';
  const message = `the test went without these files of the machine: ${skipped.slice(0, 3).join('; ')}${more}`;
  return [{ code: 'live-not-readable', severity: 'info', message }];
}
