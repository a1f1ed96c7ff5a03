/**
 * dns-01 through a script: those for lego's `exec` provider run as they are, and so do those for certbot's manual hooks behind
 * one that tells by its first argument which of the two is meant.
 */
import { KeepgateError } from '../../diagnostic.ts';
import { checkHook, type HookRun, runHook } from '../../hooks/run-hook.ts';
import { printable } from '../../nginx/printable.ts';
import { challengeRecordName } from '../dns/delegation.ts';
import { lookupThrough } from '../dns/lookup.ts';
import { untilVisible } from '../dns/visible.ts';
import { type DnsOptions, visibleWithin } from './dns-rfc2136.ts';
import { oneAfterAnother } from './one-after-another.ts';
import type { Challenge, Solver } from './solver.ts';

export interface ExecOptions extends DnsOptions {
  /** Milliseconds for one run of the script: 2 minutes by default. */
  readonly hookTimeLimit?: number | undefined;
}

/** For the help of whatever takes such a script. */
export const hookProtocol = [
  'Arguments: present|cleanup FQDN VALUE, as for the exec provider of lego; FQDN ends in a dot and is where CNAME records lead.',
  'Environment: CERTBOT_DOMAIN, CERTBOT_VALIDATION, CERTBOT_REMAINING_CHALLENGES, CERTBOT_ALL_DOMAINS, and for cleanup',
  'CERTBOT_AUTH_OUTPUT, as for the manual hooks of certbot; CERTBOT_TOKEN is not set, as in certbot for dns-01.',
] as const;

/**
 * Runs `command present|cleanup _acme-challenge.NAME. VALUE` (go-acme.github.io/lego/dns/exec) with certbot's variables
 * (eff-certbot.readthedocs.io, “Pre and Post Validation Hooks”). CERTBOT_TOKEN is absent, as there for dns-01: scripts take
 * it as the sign of http-01.
 * One run after another, even of several certificates; exit code 0 is success.
 * @param command absolute path
 * @throws KeepgateError dns-hook-failed (4), and what runHook has against the file, from `present` and `cleanUp`
 */
export function dnsExec(command: string, options: ExecOptions = {}): Solver {
  const { timeLimit = visibleWithin, hookTimeLimit = 120_000, nameServerPort: port, onProgress } = options;
  const lookup = lookupThrough(options.resolver);
  const presented = new Map<string, { readonly place: string; readonly output: string }>();

  const call = async (action: 'present' | 'cleanup', place: string, challenge: Challenge, signal?: AbortSignal) => {
    const { dnsValue, identifier, order = { names: [identifier.value], remaining: 0 } } = challenge;
    const output = presented.get(dnsValue)?.output;
    const env = {
      CERTBOT_DOMAIN: identifier.value,
      CERTBOT_VALIDATION: dnsValue,
      CERTBOT_ALL_DOMAINS: order.names.map((name) => name.replace(/^\*\./, '')).join(','),
      CERTBOT_REMAINING_CHALLENGES: String(order.remaining),
      ...(action === 'cleanup' && output !== undefined && { CERTBOT_AUTH_OUTPUT: output.trimEnd() }),
    };
    const run = await runHook({
      command,
      args: [action, `${place}.`, dnsValue],
      env,
      timeLimit: hookTimeLimit,
      signal,
    });
    if (!run.ok) throw failed(command, action, identifier.value, run);
    return run.stdout;
  };

  return {
    type: 'dns-01',
    description: `dns-01 through ${command}`,
    prepare: async () => void checkHook(command),
    present: async (challenge, signal) => {
      const place = await challengeRecordName(challenge.identifier.value, lookup);
      await oneAfterAnother(command, async () => {
        signal?.throwIfAborted();
        presented.set(challenge.dnsValue, { place, output: '' });
        presented.set(challenge.dnsValue, { place, output: await call('present', place, challenge, signal) });
      });
    },
    ready: async ({ identifier, dnsValue }, signal) => {
      const place = presented.get(dnsValue)?.place ?? (await challengeRecordName(identifier.value, lookup));
      await untilVisible(place, dnsValue, { lookup, timeLimit, signal, port, onProgress });
    },
    cleanUp: async (challenge, signal) => {
      const place = presented.get(challenge.dnsValue)?.place;
      // After a crash another process presented it, and the script has to find out itself whether it is there.
      const known = place ?? (await challengeRecordName(challenge.identifier.value, lookup));
      await oneAfterAnother(command, () => call('cleanup', known, challenge, signal));
      presented.delete(challenge.dnsValue);
    },
  };
}

function failed(command: string, action: string, name: string, run: HookRun): KeepgateError {
  const said = printable(`${run.stdout}\n${run.stderr}`.trim().split(/\n+/).slice(-3).join(' | '), 300);
  return new KeepgateError(4, {
    code: 'dns-hook-failed',
    message: `${command} ${action} for ${name} ${endOf(run)}${said === '' ? ', and said nothing' : `: ${said}`}`,
    help: `Try it by hand: ${command} present _acme-challenge.${name}. test`,
  });
}

function endOf({ timedOut, exitCode, killedBy }: HookRun): string {
  if (timedOut) return 'did not end in time';
  return exitCode === undefined ? `was ended by ${killedBy}` : `ended with exit code ${exitCode}`;
}
