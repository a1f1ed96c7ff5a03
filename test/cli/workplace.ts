import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { type Run, type RunOptions, runKeepgate } from '../run-keepgate.ts';

/** A working folder for keepgate, removed after the tests of a file. Each run has a TMPDIR of its own, and leaves it empty. */
export class Workplace {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-cli-'));

  constructor() {
    afterAll(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** @returns the absolute path */
  write(name: string, text: string | Uint8Array, mode = 0o644): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  /** A stand-in for nginx: a script of sh that says which nginx it is, and does what it is told for all else. */
  nginx(name: string, { V = 'nginx version: nginx/1.22.1', otherwise = 'exit 0' }: { V?: string; otherwise?: string }) {
    const answer = `if [ "$1" = -V ]; then echo "${V}" >&2; exit 0; fi`;
    return this.write(join(name, 'bin/nginx'), `#!/bin/sh\n${answer}\n${otherwise}\n`, 0o755);
  }

  async keepgate(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    const temporary = mkdtempSync(join(this.folder, 'tmp-'));
    const run = await runKeepgate(args, {
      cwd: this.folder,
      ...options,
      env: { TMPDIR: temporary, ...options.env },
    });
    expect(readdirSync(temporary)).toEqual([]);
    rmdirSync(temporary);
    return run;
  }
}

/** The smallest spec, and what stands below its one site further. */
export const minimal = (more = ''): string => `version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8080
${more}`;

/** A PATH that has no nginx and no bubblewrap of this machine's: for programs alone that are named here. */
export const emptyPath = '/nowhere';
