/** `render --out`: the files written, and what to do with them next. */
import { basename, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { Distrust } from '../files/trusted-folder.ts';
import type { Resolved } from '../model/resolve.ts';
import { isSameNginx, type Target } from '../model/target.ts';
import type { Rendered } from '../render/render.ts';
import { gatherFacts, hasNginx } from './facts.ts';
import { inMadeFolder } from './install-folder.ts';
import { nextCommands } from './plan-commands.ts';
import { neededCertificates } from './plan-stand-ins.ts';
import { recoverBefore } from './recover.ts';
import { type Changes, type Listed, writeFolder } from './write-folder.ts';

export interface DeliverOptions {
  /** The folder, as the user named it. */
  readonly out: string;
  readonly force: boolean;
  /** The target was named, so it may be another machine's. */
  readonly pinned: boolean;
  /** What names the specs on a command line. */
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Another run is at work there, and is waited for. */
  readonly waiting?: (pid: number) => void;
}

/** What is to be written, and what it was made from. */
export interface Delivery {
  readonly resolved: Resolved;
  readonly rendered: Rendered;
  readonly wanted: Listed;
}

export type Delivered =
  | {
      readonly ok: true;
      readonly rendered: Rendered;
      readonly changes: Changes;
      readonly next: readonly string[];
      /** What a crashed run of `apply` had left there, and what became of it. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Writes the files below a folder. `make` is asked once nobody else is at work there and a crashed run is undone. `next`: lines for sh, to be run in `cwd`.
 * @throws KeepgateError as `writeFolder` and `recoverBefore` do
 */
export async function deliver(
  make: () => Promise<Delivery | readonly Diagnostic[]>,
  options: DeliverOptions,
): Promise<Delivered> {
  const { out, force, pinned, words, cwd, env } = options;
  const folder = resolve(cwd, out);
  return inMadeFolder(folder, async (tree) => {
    const write = async () => {
      const made = await make();
      if (!('wanted' in made)) return { ok: false as const, diagnostics: made };
      return { made, ...writeFolder(tree, made.wanted, { force, shown: out }) };
    };
    const place = { shown: out, instance: undefined };
    const { recovered, result } = await recoverBefore(tree, place, write, options.waiting);
    const found = tree.distrust ? [...recovered, untrusted(out, tree.distrust)] : recovered;
    if (!result.ok) return { ok: false, diagnostics: [...found, ...result.diagnostics] };
    const { changes, made } = result;
    const { resolved, rendered } = made;
    const here = hasNginx() && (!pinned || (await isInstalled(rendered.manifest.target, env)));
    const installation = {
      from: out,
      words,
      name: basename(folder),
      rendered,
      removed: changes.removed,
      certificates: neededCertificates(resolved),
      challengeRoot: resolved.model.sites.find((site) => site.challengeRoot !== null)?.challengeRoot ?? null,
      claimsDefault: resolved.model.shared.refuseHttp.some((socket) => socket === '80' || socket === '[::]:80'),
    };
    const next = nextCommands(installation, gatherFacts(installation, tree, here, env));
    return { ok: true, rendered, changes, next, diagnostics: found };
  });
}

function untrusted(out: string, { folder, why }: Distrust): Diagnostic {
  return {
    code: 'out-folder-untrusted',
    severity: 'warning',
    message: `${folder} ${why}, who can change what lies in ${out}: nothing that was found there is believed, and files of sites that are gone stay`,
    help: 'Look at the files before you install them, or write to a folder of your own: --out DIR',
  };
}

async function isInstalled(target: Target, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { findNginx, inspectNginx } = await import('../nginx/binary.ts');
  const path = await findNginx(env);
  if (path === undefined) return false;
  const installed = await inspectNginx(path).catch(() => undefined);
  return installed !== undefined && isSameNginx(target, installed.target);
}
