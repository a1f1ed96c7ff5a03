import { dirname } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import { certificateFiles } from '../model/store-paths.ts';
import { printable } from '../nginx/printable.ts';
import { type HookRun, runHook } from './run-hook.ts';

export interface DeployHook {
  /** The absolute path of the program. */
  readonly command: string;
  /** The store's folder, absolute. */
  readonly store: string;
  /** The certificate's name in it. */
  readonly name: string;
  /** The certificate's names, the subject first. */
  readonly domains: readonly string[];
  /** The file for another server that was made of it, absolute. */
  readonly export?: string;
  /** Milliseconds; 60 s unless given. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the program that is to hear of a new certificate, once nginx serves it. Its environment has our own words, and
 * those of certbot's --deploy-hook and of lego's --renew-hook, so that scripts for these work.
 * @returns what it came to: one error when it failed, nothing when it didn't
 * @throws KeepgateError hook-missing, hook-unsafe, hook-not-executable (4); the signal's reason when it is aborted
 */
export async function runDeployHook(hook: DeployHook): Promise<Diagnostic[]> {
  const { command, timeLimit = 60_000, signal } = hook;
  const result = await runHook({ command, env: deployEnvironment(hook), timeLimit, signal });
  if (result.ok) return [];
  const words = printable((result.stderr.trim() || result.stdout.trim()).split('\n').slice(-3).join(' '), 300);
  return [
    {
      code: 'deploy-hook-failed',
      severity: 'error',
      message: `the deploy hook ${printable(command)} of ${hook.name} ${endOf(result, timeLimit)}${words && `: ${words}`}`,
      help: 'The certificate itself is in place. Mend the hook: each `keepgate cert renew` runs it again until it succeeds.',
    },
  ];
}

/** For the help of whatever takes such a program. */
export const deployVariables = [
  'KEEPGATE_NAME',
  'KEEPGATE_DOMAINS',
  'KEEPGATE_CERTIFICATE',
  'KEEPGATE_KEY',
  'KEEPGATE_LIVE',
  'RENEWED_LINEAGE',
  'RENEWED_DOMAINS',
  'LEGO_CERT_DOMAIN',
  'LEGO_CERT_PATH',
  'LEGO_CERT_KEY_PATH',
] as const;

/** All paths are absolute, and lead through live/NAME: they stay the same from renewal to renewal. */
export function deployEnvironment({
  store,
  name,
  domains,
  export: file,
}: DeployHook): Record<(typeof deployVariables)[number], string> {
  const { certificate, key } = certificateFiles(store, name);
  const live = dirname(certificate);
  return {
    KEEPGATE_NAME: name,
    KEEPGATE_DOMAINS: domains.join(' '),
    KEEPGATE_CERTIFICATE: certificate,
    KEEPGATE_KEY: key,
    KEEPGATE_LIVE: live,
    ...(file !== undefined && { KEEPGATE_EXPORT: file }),
    RENEWED_LINEAGE: live,
    RENEWED_DOMAINS: domains.join(' '),
    LEGO_CERT_DOMAIN: domains[0] ?? name,
    LEGO_CERT_PATH: certificate,
    LEGO_CERT_KEY_PATH: key,
  };
}

function endOf({ exitCode, killedBy, timedOut }: HookRun, timeLimit: number): string {
  if (timedOut) return `did not end within ${timeLimit / 1000} s and was ended`;
  return exitCode === undefined ? `was ended by ${killedBy}` : `ended with exit code ${exitCode}`;
}
