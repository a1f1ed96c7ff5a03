/** `render --out`: the files written, and what to do with them next. */
import { basename, resolve } from 'node:path';
import type { Diagnostic } from '../diagnostic.ts';
import type { Resolved } from '../model/resolve.ts';
import { challengeRoot } from '../model/store-paths.ts';
import { isSameNginx, type Target } from '../model/target.ts';
import type { Rendered } from '../render/render.ts';
import { gatherFacts, hasNginx } from './facts.ts';
import { nextCommands } from './plan-commands.ts';
import { neededCertificates } from './plan-stand-ins.ts';
import { recoverBefore } from './recover.ts';
import { type Changes, writeFolder } from './write-folder.ts';

export interface DeliverOptions {
  /** The folder, as the user named it. */
  readonly out: string;
  readonly force: boolean;
  /** The target was named, so it may be another machine's. */
  readonly pinned: boolean;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export type Delivered =
  | {
      readonly ok: true;
      readonly changes: Changes;
      readonly next: readonly string[];
      /** What a crashed run of `apply` had left there, and what became of it. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Writes the files below a folder. `next`: lines for sh, to be run in `cwd`.
 * @throws KeepgateError as `writeFolder` and `recoverBefore` do
 */
export async function deliver(resolved: Resolved, rendered: Rendered, options: DeliverOptions): Promise<Delivered> {
  const { out, force, pinned, cwd, env } = options;
  const folder = resolve(cwd, out);
  const here = hasNginx() && (!pinned || (await isInstalled(rendered.manifest.target, env)));
  const { recovered, result } = await recoverBefore({ folder, shown: out, instance: undefined }, () =>
    writeFolder(folder, rendered, { force, shown: out }),
  );
  if (!result.ok) return { ok: false, diagnostics: [...recovered, ...result.diagnostics] };
  const { changes } = result;
  const installation = {
    from: out,
    name: basename(folder),
    rendered,
    removed: changes.removed,
    certificates: neededCertificates(resolved),
    challengeRoot,
    claimsDefault: resolved.model.shared.refuseHttp.some((socket) => socket === '80' || socket === '[::]:80'),
  };
  const next = nextCommands(installation, gatherFacts(installation, folder, here, env));
  return { ok: true, changes, next, diagnostics: recovered };
}

async function isInstalled(target: Target, env: NodeJS.ProcessEnv): Promise<boolean> {
  const { findNginx, inspectNginx } = await import('../nginx/binary.ts');
  const path = await findNginx(env);
  if (path === undefined) return false;
  const installed = await inspectNginx(path).catch(() => undefined);
  return installed !== undefined && isSameNginx(target, installed.target);
}
