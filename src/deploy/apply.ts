/** A change of the files that nginx reads: in place, tested, loaded and watched, or everything as it was. */
import { join } from 'node:path';
import { type Diagnostic, reaches } from '../diagnostic.ts';
import type { HeldTree } from '../files/held-tree.ts';
import { snapshotOf } from '../files/snapshot.ts';
import type { Neighbour } from '../model/claims.ts';
import { manifestName } from '../render/render.ts';
import { install, inWords, sweepFolders } from './install.ts';
import { inFolder, unsafeBelow, unsafeFolder } from './install-folder.ts';
import { type Journal, readJournal } from './journal.ts';
import { isUnloaded } from './loaded.ts';
import type { NginxInstance } from './nginx-instance.ts';
import { folderOf, isEmpty, type Origin, type Plan, pathsOf, planFolder, refusals, type Wanted } from './plan.ts';
import { nginxOf } from './processes.ts';
import { recover } from './recover.ts';
import type { ExpectedCertificate } from './served-certificate.ts';
import { type Settled, settle } from './settle.ts';
import { withInstallLock } from './state-folder.ts';
import { survey } from './survey.ts';
import { testConfiguration } from './test-configuration.ts';

/** Where files are installed. */
export interface Place {
  /** nginx's folder: absolute, and as messages name it. */
  readonly folder: string;
  readonly shown: string;
  /** The nginx that reads this folder; undefined for a folder of another machine, an image or a container. */
  readonly instance: NginxInstance | undefined;
}

/** The state that is to be reached. */
export interface Goal {
  readonly by: Journal['by'];
  readonly wanted: Wanted;
  /** The manifest's own bytes; undefined for none. */
  readonly manifest: string | Uint8Array | undefined;
  /** For refusals; undefined where there is no spec. */
  readonly origin?: Origin;
  /** The names of the specs that it is a change of; for the history. */
  readonly specs: readonly string[];
  /** Sites of other specs that are removed. */
  readonly removes?: readonly Neighbour[];
  /** Tests what the folder will hold, in a sandbox; with an error among its findings nothing is changed. */
  readonly prove: (plan: Plan) => Promise<readonly Diagnostic[]>;
  /** The names of certificates that nginx would not find, and what makes stand-ins for them. */
  readonly missing: () => readonly string[];
  readonly standIn: (names: readonly string[]) => Promise<void>;
  /** What has to be served afterwards; asked once stand-ins are there. */
  readonly expect: (plan: Plan) => readonly ExpectedCertificate[];
}

/** What is there now forbids the goal: other specs have the same site. */
export interface Refused {
  readonly refused: readonly Diagnostic[];
}

/** The goal, for what is there when it is asked: sites of other specs stay, so it has to be asked again by the holder of the lock. */
export type Seek = () => Promise<Goal | Refused>;

export interface ApplyOptions {
  /** Overwrites what was changed by hand. */
  readonly force: boolean;
  /** Says what would be done, and tests it in the sandbox. */
  readonly dryRun: boolean;
  readonly reload: boolean;
  /** Starts an nginx that does not run. */
  readonly start: boolean;
  readonly now: Date;
  /** Milliseconds to wait for another run. */
  readonly wait: number;
  /** Milliseconds that nginx is watched for at most. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
  readonly say: (step: string) => void;
  /** Another run is at work, and is waited for. */
  readonly waiting?: (pid: number) => void;
  /** These sites of other specs are about to be removed. */
  readonly removing?: (sites: readonly Neighbour[]) => void;
}

export interface Applied {
  /**
   * `refused`: the configuration, or what stands there, forbids it. `failed`: nginx did not take it, and all is as it was; `stuck`: it is
   * not.
   */
  readonly outcome: 'unchanged' | 'planned' | 'installed' | 'refused' | 'failed' | 'stuck';
  readonly plan: Plan;
  readonly standIns: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly nginx?: Settled['nginx'] | 'would-start';
  /** As the goal has them. */
  readonly removes?: readonly Neighbour[];
  /** The number of the change in the history. */
  readonly number?: number;
}

/**
 * Reaches the goal, or leaves everything as it is. A goal that is reached already costs no write, no lock and no reload. With `start`,
 * an nginx that runs is part of the goal.
 * @throws KeepgateError install-locked, state-not-usable, state-damaged, out-not-usable, install-not-put-back, put-back-failed,
 * nginx-not-runnable (4), manifest-damaged (1); the signal's reason when it is aborted, after undoing
 */
export async function apply(place: Place, seek: Seek, options: ApplyOptions): Promise<Applied> {
  return inFolder(place.folder, (tree) => {
    if (tree.distrust === undefined) return applyIn(tree, place, seek, options);
    return refusedAtOnce({ refused: [unsafeFolder(tree.distrust)] });
  });
}

async function applyIn(tree: HeldTree, place: Place, seek: Seek, options: ApplyOptions): Promise<Applied> {
  const { shown, instance } = place;
  const interrupted = readJournal(tree) !== undefined;
  const goal = await seek();
  if ('refused' in goal && !interrupted) return refusedAtOnce(goal);
  const { wait, signal, waiting } = options;
  const locked = (): Promise<Applied> =>
    withInstallLock(tree, { wait, signal, waiting }, () => holding(tree, place, seek, options));
  if ('refused' in goal) return options.dryRun ? refusedAtOnce(goal) : locked();
  const view = look(tree, instance, goal, options);
  if (view.settled && !interrupted)
    return { outcome: 'unchanged', plan: view.plan, standIns: [], diagnostics: [], ...removesOf(goal) };
  if (options.dryRun) {
    const blocked = [
      ...refusals(view.plan, shown, options.force, goal.origin),
      ...unsafeBelow(tree, foldersOf(view.plan)),
    ];
    announce(goal, options);
    const diagnostics = blocked.length > 0 ? blocked : await goal.prove(view.plan);
    const outcome = reaches(diagnostics, 'error') ? 'refused' : 'planned';
    const nginx = view.stopped ? ({ nginx: 'would-start' } as const) : {};
    return { outcome, plan: view.plan, standIns: view.missing, diagnostics, ...nginx, ...removesOf(goal) };
  }
  return locked();
}

/** Nothing was read that could be planned with. */
function refusedAtOnce({ refused }: Refused): Applied {
  const plan = { files: [], links: [], remove: [], unchanged: 0, conflicts: [] };
  return { outcome: 'refused', plan, standIns: [], diagnostics: refused };
}

async function holding(tree: HeldTree, place: Place, seek: Seek, options: ApplyOptions): Promise<Applied> {
  const { folder, shown, instance } = place;
  const { say, signal, now } = options;
  const recovered = await recover(tree, place, { reload: options.reload, signal });
  const goal = await seek();
  if ('refused' in goal) return { ...refusedAtOnce(goal), diagnostics: [...recovered, ...goal.refused] };
  const { plan, missing, settled, manifest, paths } = look(tree, instance, goal, options);
  const result = (
    outcome: Applied['outcome'],
    diagnostics: readonly Diagnostic[],
    more: Partial<Applied> = {},
  ): Applied => ({
    outcome,
    plan,
    standIns: [],
    diagnostics: [...recovered, ...diagnostics],
    ...removesOf(goal),
    ...more,
  });
  if (settled) return result('unchanged', []);
  const blocked = [...refusals(plan, shown, options.force, goal.origin), ...unsafeBelow(tree, foldersOf(plan))];
  if (blocked.length > 0) return result('refused', blocked);
  announce(goal, options);
  inWords(tree, () => sweepFolders(tree, paths));

  say('testing what will be there in a sandbox');
  const proof = await goal.prove(plan);
  if (reaches(proof, 'error')) return result('refused', proof);
  if (instance !== undefined) {
    say('testing what is there');
    const broken = await brokenBefore(instance, folder, paths, missing, signal);
    if (broken.length > 0) return result('refused', [...proof, ...broken]);
  }
  if (missing.length > 0) {
    say('making stand-ins for certificates');
    await goal.standIn(missing);
  }
  const same = isEmpty(plan) && sameBytes(manifest, goal.manifest);
  const { by, specs } = goal;
  const installed = same ? undefined : install(tree, { by, specs, plan, manifest: goal.manifest, paths, now });
  say('nginx takes it');
  const settledAs = await settle(tree, instance, installed, { ...options, expect: goal.expect(plan) });
  return result(settledAs.outcome, [...proof, ...settledAs.diagnostics], {
    standIns: missing,
    nginx: settledAs.nginx,
    ...(settledAs.number !== undefined && { number: settledAs.number }),
  });
}

const removesOf = ({ removes }: Goal): Pick<Applied, 'removes'> => (removes === undefined ? {} : { removes });

/** Before anything is done: who did not mean it can still stop it. */
function announce({ removes = [] }: Goal, { removing }: ApplyOptions): void {
  if (removes.length > 0) removing?.(removes);
}

/** What there is to do. */
export function look(
  tree: HeldTree,
  instance: Place['instance'],
  { wanted, manifest: goal, missing: ask }: Pick<Goal, 'wanted' | 'manifest' | 'missing'>,
  options: Pick<ApplyOptions, 'reload' | 'start'>,
) {
  const found = survey(tree, wanted);
  const plan = planFolder(wanted, found);
  const missing = ask();
  const entry = snapshotOf(tree, [manifestName]).files[manifestName];
  const manifest = entry && Buffer.from(entry.bytes, 'base64');
  const running = instance && nginxOf(instance.pidFile);
  const unloaded = options.reload && running !== undefined && isUnloaded(tree, running);
  const stopped = options.start && instance !== undefined && running === undefined;
  const settled = isEmpty(plan) && missing.length === 0 && sameBytes(manifest, goal) && !unloaded && !stopped;
  return { plan, missing, manifest, settled, unloaded, stopped, paths: pathsOf(wanted, found.manifest) };
}

function sameBytes(a: string | Uint8Array | undefined, b: string | Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Buffer.from(a).equals(Buffer.from(b));
}

/** Files of keepgate's own, and certificates that it is about to make, may be what is broken: this run mends them. */
async function brokenBefore(
  instance: NginxInstance,
  folder: string,
  paths: ReadonlySet<string>,
  missing: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Diagnostic[]> {
  const { passed, diagnostics, refused } = await testConfiguration(instance, signal);
  const isOurs = ({ file, text }: { readonly file?: string; readonly text: string }): boolean =>
    (file !== undefined && [...paths].some((path) => join(folder, path) === file || file.endsWith(`/${path}`))) ||
    missing.some((name) => text.includes(`/live/${name}/`));
  if (passed || (refused.length > 0 && refused.every(isOurs))) return [];
  const [first] = diagnostics;
  return [
    {
      code: 'live-broken',
      severity: 'error',
      message: `what nginx reads here is broken already, so nothing was changed: ${first?.message ?? 'nginx -t fails'}`,
      help: 'Mend that first: nginx would not start again as it is. Look with: sudo nginx -t',
    },
  ];
}

const foldersOf = ({ files, links, remove }: Plan): string[] =>
  [...files.map(({ path }) => path), ...links.map(({ path }) => path), ...remove].map(folderOf);
