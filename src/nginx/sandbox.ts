import { delimiter } from 'node:path';
import process from 'node:process';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import { findProgram, type NginxBinary } from './binary.ts';
import { canBecomeNobody } from './nobody.ts';
import type { NginxMessage } from './output.ts';
import * as failure from './sandbox-failure.ts';
import { makeFolder } from './temporary-folder.ts';
import { testInBubblewrap } from './test-in-bubblewrap.ts';
import { testInPrefix } from './test-in-prefix.ts';
import { Tree } from './tree.ts';

/** What is tested. Paths are the final ones, such as /etc/nginx/conf.d/keepgate.conf: absolute and normal. */
export interface TestTree {
  readonly files: readonly { readonly path: string; readonly text: string | Uint8Array }[];
  /** Symbolic links, `to` as it stands in the link. */
  readonly links: readonly { readonly path: string; readonly to: string }[];
  /** Where a certificate or key has to be, and what stands in for all of them. */
  readonly standIns: {
    readonly certificates: readonly string[];
    readonly keys: readonly string[];
    readonly certificatePem: string;
    readonly keyPem: string;
  };
  /** Host names that have to resolve; they become 127.0.0.1. */
  readonly names: readonly string[];
  /** Whether a file holds text of a user's own, which can make nginx run code: never tested outside of bubblewrap. */
  readonly raw: boolean;
  /** A whole /etc/nginx to merge with; without it, the nginx's own nginx.conf and what that names. */
  readonly live?: string;
  /** Files and links of `live` that will not be there any more. */
  readonly without?: readonly string[];
}

export interface TestOptions {
  /** `auto`: bubblewrap, or a mere prefix where that is missing or forbidden. */
  readonly sandbox: 'auto' | 'bwrap' | 'none';
  /** Milliseconds; 20 s and 20 ms per file by default. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal;
}

export type TestResult =
  | {
      readonly outcome: 'tested';
      /** nginx's own verdict; it may have warnings still. */
      readonly passed: boolean;
      readonly messages: readonly NginxMessage[];
      /** `prefix` is a partial test: high ports, no distribution's nginx.conf. */
      readonly isolation: 'bwrap' | 'prefix';
      /** Files of ours that no `include` of this nginx's configuration reaches; empty unless it passed. */
      readonly unread: readonly string[];
      /** Files of the machine's configuration that could not be looked at, each with the reason. */
      readonly skipped: readonly string[];
    }
  | { readonly outcome: 'failed'; readonly diagnostic: Diagnostic };

/** One run of `nginx -t`. */
export interface Attempt {
  readonly nginx: NginxBinary;
  readonly tree: TestTree;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly signal: AbortSignal | undefined;
  /** A new folder of ours, removed afterwards. */
  readonly laidOut: Tree;
  readonly asRoot: boolean;
}

/**
 * Tests configuration with the real `nginx -t`, which creates, chowns, binds, resolves and runs what it is told to: so in a
 * sandbox, where it finds the very bytes at their final places and can change nothing. Leaves nothing behind.
 * @throws the signal's reason when it is aborted; TypeError for a path that isn't absolute and normal
 */
export async function testConfiguration(
  nginx: NginxBinary,
  tree: TestTree,
  { sandbox, signal, timeLimit = 20_000 + 20 * tree.files.length }: TestOptions,
): Promise<TestResult> {
  const attempt = { nginx, tree, timeLimit, signal, asRoot: canBecomeNobody() };
  if (sandbox !== 'none') {
    const bwrap = findBubblewrap();
    const result =
      bwrap === undefined
        ? failed(failure.missing())
        : await inNewTree(tree.files.length, (laidOut) => testInBubblewrap({ ...attempt, laidOut }, bwrap));
    const unavailable =
      result.outcome === 'failed' && ['sandbox-missing', 'sandbox-failed'].includes(result.diagnostic.code);
    if (!unavailable || sandbox === 'bwrap') return result;
    if (tree.raw || tree.live !== undefined) return failed(failure.required(tree.raw, result.diagnostic));
  }
  if (tree.raw || tree.live !== undefined) return failed(failure.required(tree.raw));
  return inNewTree(tree.files.length, (laidOut) => testInPrefix({ ...attempt, laidOut }));
}

function findBubblewrap(): string | undefined {
  const { KEEPGATE_BWRAP: named, PATH = '' } = process.env;
  return named ? findProgram(named, ['.']) : findProgram('bwrap', PATH.split(delimiter));
}

async function inNewTree(files: number, test: (laidOut: Tree) => Promise<TestResult>): Promise<TestResult> {
  let laidOut: Tree | undefined;
  const remove = () => laidOut?.remove();
  process.once('exit', remove);
  try {
    laidOut = new Tree(makeFolder(files));
    return await test(laidOut);
  } catch (error) {
    if (error instanceof KeepgateError) return failed(error.diagnostic);
    if (error instanceof Error && 'syscall' in error) return failed(failure.notLaidOut(error, laidOut?.root));
    throw error;
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}

function failed(diagnostic: Diagnostic): TestResult {
  return { outcome: 'failed', diagnostic };
}
