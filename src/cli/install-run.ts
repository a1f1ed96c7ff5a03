/** What apply and rollback share: the options, one run of `apply`, and an account of it. */
import { delimiter } from 'node:path';
import type { Argv } from 'yargs';
import { type Applied, apply, type Place, type Seek } from '../deploy/apply.ts';
import { installedNginx } from '../deploy/nginx-instance.ts';
import type { InstallFolder } from '../deploy/place.ts';
import { platformReasons } from '../deploy/platform-reasons.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { noSpec, specInWords } from '../model/claims.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { word } from '../shell-word.ts';
import { interruptible } from './interrupt.ts';
import { exitCode, type Io } from './io.ts';
import { progress } from './progress.ts';
import type { Ignored } from './report/options.ts';
import { say } from './report/say.ts';

export interface ApplyRunOptions {
  force: boolean;
  dryRun: boolean;
  reload: boolean;
  start: boolean;
  sandbox: 'auto' | 'none';
  format: 'text' | 'json';
}

export const applyRunOptions = (yargs: Argv): Argv =>
  yargs
    .option('dry-run', { type: 'boolean', default: false, describe: 'test in the sandbox and say what would change' })
    .option('reload', { type: 'boolean', default: true, describe: 'have nginx read it (--no-reload: do not)' })
    .option('start', { type: 'boolean', default: false, describe: 'start nginx where it does not run' })
    .option('force', { type: 'boolean', default: false, describe: 'overwrite files that were changed by hand' })
    .option('sandbox', {
      choices: ['auto', 'none'] as const,
      default: 'auto' as const,
      describe: 'none: only nginx -t in place',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' });

export interface InstallRun {
  readonly place: InstallFolder;
  readonly binary: NginxBinary | undefined;
  readonly goal: Seek;
  readonly options: ApplyRunOptions;
  /** Findings of before. */
  readonly diagnostics: readonly Diagnostic[];
  readonly ignored: readonly Ignored[];
  /** That clients connect to. */
  readonly ports: readonly number[];
  /** What names the specs on a command line. */
  readonly words: readonly string[];
  /** Sentences about what is left, for when it is done. */
  readonly after?: readonly string[];
}

/** Milliseconds: many specs may be applied at once, each with a slow test and a reload that nobody takes. */
const lockWait = 600_000;

/** Resolves to the exit code. @throws KeepgateError as `apply` does */
export function runInstall(
  { place, binary, goal, options, diagnostics, ignored, ports, words, after = [] }: InstallRun,
  io: Io,
): Promise<number> {
  return interruptible(async (signal) => {
    const instance = place.live && binary ? await installedNginx(binary.path) : undefined;
    const where: Place = { folder: place.folder, shown: place.shown, instance };
    const shown = progress(io);
    try {
      const applied = await apply(where, goal, {
        ...options,
        now: io.now(),
        wait: lockWait,
        signal,
        say: shown.say,
        waiting: (pid) => {
          const words = `waiting for process ${pid}, which is changing ${place.shown}`;
          io.stderr.write(`${words}\n`);
          shown.say(words);
        },
        removing: (sites) => {
          const verb = options.dryRun ? 'would remove' : 'removes';
          for (const { site, spec } of sites) io.stderr.write(`${verb} the site "${site}" of ${specInWords(spec)}\n`);
        },
      });
      shown.end();
      const reasons = instance !== undefined && applied.nginx !== undefined ? await reasonsOf(applied, ports, io) : [];
      const { outcome, plan, standIns, nginx, number, removes } = applied;
      const { files, links, remove, unchanged } = plan;
      const product = {
        root: place.shown,
        outcome,
        written: [...files, ...links].map(({ path }) => path),
        removed: remove,
        unchanged,
        standIns,
        ...(removes && {
          removedSites: removes.map(({ site, spec }) => ({ site, spec: spec === noSpec ? null : spec })),
        }),
        ...(nginx !== undefined && { nginx }),
        ...(number !== undefined && { number }),
        ...(after.length > 0 && { notes: after }),
      };
      await say(
        { format: options.format, diagnostics: [...diagnostics, ...applied.diagnostics, ...reasons], ignored, product },
        io,
      );
      if (options.format === 'text') io.stderr.write(inWords(applied, place, words, after));
      return exitCodeOf(applied);
    } finally {
      shown.end();
    }
  });
}

/** Of sockets that others can reach. */
export function openPorts(addresses: readonly string[]): number[] {
  const open = addresses.filter((address) => !/^(127\.|\[::1\])/.test(address));
  return [...new Set(open.map((address) => Number(/(\d+)$/.exec(address)?.[1])))].filter((port) => port > 0);
}

async function reasonsOf({ diagnostics }: Applied, ports: readonly number[], { env }: Io): Promise<Diagnostic[]> {
  const said = diagnostics.map(({ message }) => message).join('\n');
  return platformReasons({ said, ports, path: (env.PATH ?? '').split(delimiter) });
}

function exitCodeOf({ outcome, diagnostics }: Applied): number {
  if (outcome === 'failed' || outcome === 'stuck') return exitCode.environment;
  if (outcome !== 'refused') return exitCode.done;
  return diagnostics.some(({ code }) => environmental.has(code)) ? exitCode.environment : exitCode.wrong;
}

/** Refusals that say nothing against the spec. */
const environmental: ReadonlySet<string> = new Set([
  'install-folder-unsafe',
  'sandbox-missing',
  'sandbox-failed',
  'sandbox-required',
  'nginx-not-runnable',
  'live-not-readable',
  'partial-test',
  'recovery-not-taken',
]);

function inWords(
  { outcome, plan, standIns, nginx, number, diagnostics }: Applied,
  { shown, live }: InstallFolder,
  words: readonly string[],
  after: readonly string[],
): string {
  if (outcome === 'unchanged') {
    const recovered = diagnostics.some(({ code }) => code === 'crash-recovered');
    return `${shown} is as it has to be${recovered ? '' : '; nothing was written and nothing reloaded'}\n`;
  }
  if (outcome !== 'installed' && outcome !== 'planned') return '';
  const [wrote, removed] = outcome === 'planned' ? ['would write', 'would remove'] : ['wrote', 'removed'];
  const changed = [...plan.files, ...plan.links].map(({ path }) => `${wrote} ${shown}/${path}`);
  const gone = plan.remove.map((path) => `${removed} ${shown}/${path}`);
  const made = standIns.map(
    (name) => `${outcome === 'planned' ? 'would make' : 'made'} a stand-in for the certificate ${name}`,
  );
  const lines = [...changed, ...gone, ...made];
  const undone = ['keepgate rollback', ...words, `--to ${number}`, ...(live ? [] : [`--root ${word(shown)}`])].join(
    ' ',
  );
  const undo = number === undefined ? [] : [`undo it with: ${undone}`];
  return [...lines, ...(nginx ? [nginxWords[nginx]] : []), ...after, ...undo].map((line) => `${line}\n`).join('');
}

const nginxWords: Readonly<Record<NonNullable<Applied['nginx']>, string>> = {
  reloaded: 'nginx was reloaded, and was seen to have taken it',
  started: 'nginx was started, and was seen to work',
  'would-start': 'would start nginx, which does not run',
  'not-running': 'nginx does not run; start it with: keepgate apply --start, or systemctl start nginx',
  kept: 'nginx was not reloaded, as was asked, and goes on with what it had',
  elsewhere: "nothing was reloaded: this machine's nginx does not read that folder",
};
