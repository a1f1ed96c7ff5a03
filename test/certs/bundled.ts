import { resolve } from 'node:path';
import { buildSync } from 'esbuild';

/** Makes a module that node can run of a script that imports from `src/certs`, for a process of its own. */
export function bundle(script: string, outfile: string, alias: Readonly<Record<string, string>> = {}): string {
  buildSync({
    stdin: { contents: script, resolveDir: resolve(import.meta.dirname, '../../src/certs'), loader: 'ts' },
    outfile,
    alias,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
