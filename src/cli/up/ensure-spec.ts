import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { KeepgateError } from '../../diagnostic.ts';
import type { NginxBinary } from '../../nginx/binary.ts';
import { loadSpec } from '../../spec/load.ts';
import { exitCode, type Io } from '../io.ts';
import type { AccountOptions } from '../issue-options.ts';
import { machinesDefaultServer } from '../machines-default-server.ts';
import { readSpecFiles } from '../spec-files.ts';
import { specText } from '../spec-text.ts';
import { writeNew } from '../write-new.ts';

const file = 'keepgate.yaml';

/**
 * Writes keepgate.yaml for these hosts, with what is said of the CA, unless it is there and for them already.
 * @throws KeepgateError spec-exists (1), not-writable (4)
 */
export async function ensureSpec(
  { host: hosts, upstream, directory, caFile, email, agreeTos }: AccountOptions & { host: string[]; upstream: string },
  installed: NginxBinary | undefined,
  io: Io,
): Promise<number> {
  const path = resolve(io.cwd, file);
  if (existsSync(path)) {
    const { spec } = loadSpec(await readSpecFiles([file], io));
    const there = Object.values(spec?.sites ?? {}).flatMap((site) => site.hosts ?? []);
    if (hosts.every((host) => there.includes(host.toLowerCase()))) return exitCode.done;
    throw new KeepgateError(1, {
      code: 'spec-exists',
      message: `${file} exists already, and has no site for ${hosts.join(', ')}`,
      help: 'Add the site to it and run keepgate up without --host.',
    });
  }
  const url = /^https?:\/\//.test(upstream) ? upstream : `http://${upstream}`;
  writeNew(
    path,
    file,
    specText({
      preset: undefined,
      hosts,
      upstream: url,
      installed: installed?.target,
      defaultServer: machinesDefaultServer(installed?.confDir),
      acme: { directory, caFile: caFile && resolve(io.cwd, caFile), email, agreeToTerms: agreeTos },
    }),
    'Run keepgate up without --host.',
  );
  io.stderr.write(`wrote ${file}\n`);
  return exitCode.done;
}
