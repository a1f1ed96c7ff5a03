/** A BIND of the test's own: on loopback, with zones that a key may change. */
import { randomBytes } from 'node:crypto';
import { promises } from 'node:dns';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { freePorts } from '../../src/verify/ports.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { parts } from '../parts.ts';

export type Bind = Awaited<ReturnType<typeof startBind>>;
export const algorithms = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;

/** Ends it when this process ends, however it does: standard input closes then. */
const guarded = '"$@" & pid=$!; cat >/dev/null; kill $pid; wait $pid';

/**
 * @param zones lines of each zone below its SOA and NS; `ns.ZONE` is 127.0.0.1. Keys `sha256`, `sha384` and `sha512` may
 * change them, all other keys may not.
 * @param resolving it follows CNAMEs from zone to zone as a resolver does, nothing is known but its zones, and their name server has no
 * address, so that nobody is asked at port 53
 */
export async function startBind(
  zones: Readonly<Record<string, string>>,
  { secondary = [] as readonly string[], resolving = false } = {},
) {
  const [port = 0] = await freePorts(1);
  const folder = throwawayFolder();
  const file = (name: string, text: string, mode = 0o600) => {
    const path = join(folder.path, name);
    writeFileSync(path, text, { mode });
    return path;
  };
  const keyText = (name: string, algorithm: string, secret = randomBytes(32).toString('base64')) =>
    `key "${name}" {\n\talgorithm ${algorithm};\n\tsecret "${secret}";\n};\n`;
  const keys = Object.fromEntries(
    [...algorithms, 'other'].map((name) => {
      const algorithm = name === 'other' ? 'hmac-sha256' : name;
      return [name, { text: keyText(`${name}.key`, algorithm), path: '' }];
    }),
  );
  const keyFiles = Object.fromEntries(
    Object.entries(keys).map(([name, { text }]) => [name, file(`${name}.key`, text)]),
  ) as Record<(typeof algorithms)[number] | 'other', string>;
  const permitted = algorithms.map((name) => `key "${name}.key";`).join(' ');
  const blocks = Object.entries(zones).map(([zone, lines]) => {
    const servers = resolving ? '@ NS ns.nowhere.invalid.' : '@ NS ns\nns A 127.0.0.1';
    file(`${zone}.zone`, `$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 1\n${servers}\n${lines}\n`, 0o644);
    return `zone "${zone}" { type primary; file "${zone}.zone"; allow-update { ${permitted} }; };`;
  });
  if (resolving) {
    file(
      'root.zone',
      '$TTL 60\n@ SOA nowhere.invalid. nobody.invalid. 1 3600 600 86400 1\n@ NS ns.nowhere.invalid.\n',
      0o644,
    );
    blocks.push('zone "." { type primary; file "root.zone"; };');
  }
  const broken = secondary.map((zone) => `zone "${zone}" { type primary; file "missing.zone"; };`);
  const config = file(
    'named.conf',
    `options {
  directory "${folder.path}"; pid-file none; session-keyfile none; managed-keys-directory "${folder.path}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion ${resolving ? 'yes' : 'no'}; dnssec-validation no; allow-query { any; }; notify no;
};
controls { };
logging { channel all { stderr; severity info; }; category default { all; }; };
${Object.values(keys)
  .map(({ text }) => text)
  .join('')}${blocks.join('\n')}\n${broken.join('\n')}\n`,
  );
  const child = execa('sh', ['-c', guarded, 'sh', parts.named, '-g', '-c', config, '-n', '1'], {
    stdin: 'pipe',
    all: true,
    buffer: false,
    reject: false,
    detached: true,
  });
  let log = '';
  child.all.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  const stop = async () => {
    child.stdin.end();
    await child;
    folder.remove();
  };
  const resolver = new promises.Resolver({ timeout: 5000, tries: 3 });
  resolver.setServers([`127.0.0.1:${port}`]);
  const started = performance.now();
  while (!/ running$/m.test(log)) {
    if (performance.now() - started > 20_000 || child.exitCode !== null) {
      await stop();
      throw new Error(`BIND did not start:\n${log}`);
    }
    await delay(20);
  }
  return {
    port,
    server: `127.0.0.1:${port}`,
    keyFiles,
    folder: folder.path,
    /** Writes another file beside its own. */
    file,
    keyText,
    /** The values under a name, sorted. */
    txt: async (name: string) =>
      (await resolver.resolveTxt(name).catch(noneThere)).map((chunks) => chunks.join('')).sort(),
    log: () => log,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function noneThere(error: NodeJS.ErrnoException): string[][] {
  if (error.code !== 'ENODATA' && error.code !== 'ENOTFOUND') throw error;
  return [];
}
