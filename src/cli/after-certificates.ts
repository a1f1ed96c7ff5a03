/** What a person does next, once certificates have been issued. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Fresh } from '../acme/keep-fresh.ts';
import { systemUnits, timerName } from '../deploy/timer-units.ts';
import { certificateFiles } from '../model/store-paths.ts';
import { storeWords } from './store-option.ts';

export interface Circumstances {
  /** Its folder. */
  readonly store: string;
  readonly dryRun: boolean;
  /** Whether a spec's sites are what it is about. */
  readonly hasSpec: boolean;
}

/** Lines for standard error, after an empty one; '' when there is nothing to do. */
export function whatNext({ outcomes, activation }: Fresh, circumstances: Circumstances): string {
  if (outcomes.some(({ result }) => result === 'failed' || result === 'held')) return '';
  if (circumstances.dryRun) return '\nNext: the same without --dry-run\n';
  if (!activation) return '';
  const { outcome, observed } = activation;
  const served = outcome === 'reloaded' && observed > 0;
  const seen = `nginx serves ${outcomes.length > 1 ? 'them' : 'it'} now, seen at ${observed} ${observed > 1 ? 'places' : 'place'}\n`;
  const steps = [...(served ? [] : serveIt(outcomes, circumstances)), ...renewIt(circumstances)];
  const next = steps.length > 0 ? `\nNext: ${steps.join('\n')}\n` : '';
  return `${served ? seen : ''}${next}`;
}

function serveIt(outcomes: Fresh['outcomes'], { store, hasSpec }: Circumstances): string[] {
  if (hasSpec)
    return [
      'let nginx serve the sites, if it does not yet; --out ends with the commands',
      '  keepgate render --out site',
    ];
  const [first] = outcomes;
  if (outcomes.length > 1 || !first) return ['reload what serves them'];
  const { certificate, key } = certificateFiles(store, first.job.name);
  return ['let a server use it, and reload that when it is renewed', `  ${certificate}`, `  ${key}`];
}

function renewIt({ store }: Circumstances): string[] {
  if (existsSync(join(systemUnits, timerName))) return [];
  const option = storeWords(store);
  // The timer runs as root, and root uses no store that another user can change.
  return process.geteuid?.() === 0
    ? [`renew twice a day from now on`, `  keepgate cert timer --install${option}`]
    : ['run this twice a day, such as from crontab -e', `  keepgate cert renew${option}`];
}
