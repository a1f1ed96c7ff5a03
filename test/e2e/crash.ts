/** An issuance that is killed at a given step, and what has to be true then and after the next run. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { runKeepgate } from '../run-keepgate.ts';
import { startSmallCa } from '../small-ca/start.ts';

const hook = pathToFileURL(resolve(import.meta.dirname, '../kill-at.mjs')).href;
const timeout = 60_000;

/** One store and one CA. With `killAt` the run ends at that step; resolves to how many steps a whole run has, or undefined. */
export async function issueKilledAt(killAt: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-crash-'));
  const ca = await startSmallCa({ now: () => new Date() });
  const live = join(folder, 'store/live/api.example.com');
  const wholePair = () => {
    const leaf = new X509Certificate(readFileSync(join(live, 'fullchain.pem')));
    return leaf.checkPrivateKey(createPrivateKey(readFileSync(join(live, 'privkey.pem'))));
  };
  const issue = (env: Record<string, string>) =>
    runKeepgate(
      [
        ...['cert', 'issue', '--host', 'api.example.com', '--directory', ca.directoryUrl, '--ca-file', ca.caFile],
        ...['--agree-tos', '--store', 'store', '--webroot', 'webroot', '--skip-preflight', '--no-reload'],
      ],
      { cwd: folder, env, timeout },
    );
  try {
    const count = join(folder, 'count');
    const env = { NODE_OPTIONS: `--import ${hook}`, KEEPGATE_KILL_AT: String(killAt), KEEPGATE_KILL_COUNT: count };
    const first = await issue(env);
    if (killAt === 0) {
      expect(first).toMatchObject({ exitCode: 0, stderr: expect.any(String) });
      return Number(readFileSync(count, 'utf8'));
    }
    expect(first.exitCode, first.stderr).toBeUndefined();
    if (existsSync(live)) expect(wholePair()).toBe(true);
    const second = await issue({});
    expect(second).toMatchObject({ exitCode: 0 });
    expect(wholePair()).toBe(true);
    expect(ca.issued).toHaveLength(1);
    expect(ca.orders).toBeLessThanOrEqual(2);
    const third = await issue({});
    expect(third.stdout).toContain('kept');
    expect(ca.issued).toHaveLength(1);
    return 0;
  } finally {
    await ca.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
