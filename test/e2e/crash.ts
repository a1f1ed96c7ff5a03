/** A run that is killed at a given step, and what has to be true then and after the next run. */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { minimal } from '../cli/workplace.ts';
import { keepgateAt } from '../in-process.ts';
import { memory } from '../memory.ts';
import { nginxOf } from '../parts.ts';
import { runKeepgate } from '../run-keepgate.ts';
import { days } from '../small-ca/policy.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

const hook = pathToFileURL(resolve(import.meta.dirname, '../kill-at.mjs')).href;
const timeout = 60_000;

/** What is there before the run that is killed. */
export type Before = 'nothing' | 'stand-in' | 'certificate';

interface Scene {
  readonly ca: SmallCa;
  readonly folder: string;
  /** The command that is killed, and run again. */
  readonly args: readonly string[];
  /** How many certificates the CA has issued for it when all is done. */
  readonly certificates: number;
  /** What the CA had of others before. */
  readonly start: { readonly certificates: number; readonly orders: number };
}

/** How many steps a whole run has, and which of them is the first request. */
export async function stepsOf(before: Before): Promise<{ readonly firstRequest: number; readonly all: number }> {
  return withCa((ca) =>
    inScene(before, ca, async (scene) => {
      const { run, count } = await runTo(scene, 0);
      expect(run).toMatchObject({ exitCode: 0 });
      const [firstRequest = 0, all = 0] = readFileSync(count, 'utf8').split(' ').map(Number);
      return { firstRequest, all };
    }),
  );
}

/** Kills a run at each of these steps, each with a store of its own. Resolves to what was wrong, one line each. */
export async function killAtEach(before: Before, steps: readonly number[], lanes: number): Promise<string[]> {
  const wrong: string[] = [];
  const queue = [...steps];
  const lane = (ca: SmallCa) => async () => {
    for (let step = queue.shift(); step !== undefined; step = queue.shift())
      await inScene(before, ca, (scene) => killed(scene, step)).catch((error: unknown) => {
        wrong.push(`step ${step}: ${error}`);
      });
  };
  await Promise.all(Array.from({ length: lanes }, () => withCa((ca) => lane(ca)())));
  return wrong;
}

async function withCa<T>(work: (ca: SmallCa) => Promise<T>): Promise<T> {
  const ca = await startSmallCa({ now: () => new Date() });
  return work(ca).finally(() => ca.stop());
}

async function inScene<T>(before: Before, ca: SmallCa, work: (scene: Scene) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(memory(), 'keepgate-crash-'));
  const start = { certificates: ca.issued.length, orders: ca.orders };
  try {
    return await work({ ...(await sceneWith(before, folder, ca)), start });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sceneWith(before: Before, folder: string, ca: SmallCa): Promise<Omit<Scene, 'start'>> {
  const common = ['--store', 'store', '--skip-preflight', '--no-reload'];
  const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--webroot', 'webroot'];
  const issue = ['cert', 'issue', ...account, ...common];
  const byHost = [...issue, '--host', 'api.example.com', '--name', 'api'];
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder));
  if (before === 'nothing') return { ca, folder, args: byHost, certificates: 1 };
  if (before === 'stand-in') {
    writeFileSync(join(folder, 'keepgate.yaml'), minimal());
    await inProcess(folder, ['cert', 'prepare', '--store', 'store']);
    return { ca, folder, args: issue, certificates: 1 };
  }
  ca.policy.backdate = days(70);
  await inProcess(folder, byHost);
  ca.policy.backdate = 3_600_000;
  return { ca, folder, args: ['cert', 'renew', ...common], certificates: 2 };
}

async function runTo({ folder, args }: Scene, step: number) {
  const count = join(folder, 'count');
  const env = { NODE_OPTIONS: `--import ${hook}`, KEEPGATE_KILL_AT: String(step), KEEPGATE_KILL_COUNT: count };
  return { count, run: await runKeepgate(args, { cwd: folder, env, timeout }) };
}

async function killed(scene: Scene, step: number): Promise<void> {
  const { ca, folder, args, certificates, start } = scene;
  const { run } = await runTo(scene, step);
  expect(run.exitCode, run.stderr).toBeUndefined();
  await looksWell(scene);
  const second = await inProcess(folder, args);
  await looksWell(scene);
  const onlyOne = () => {
    expect(ca.issued).toHaveLength(start.certificates + certificates);
    expect(ca.orders).toBeLessThanOrEqual(start.orders + certificates + 1);
    expect(liveLeaf(folder)?.serialNumber, second.stdout).toBe(ca.issued.at(-1)?.serial);
  };
  onlyOne();
  expect(existsSync(join(folder, 'store/certificates/api/pending.json'))).toBe(false);
  // Every run that ends well leaves the same behind: to look at some is enough.
  if (step % 6 !== 0) return;
  expect((await inProcess(folder, args)).stdout).toContain('kept');
  onlyOne();
}

/** The next run, in this process: it starts faster. */
async function inProcess(folder: string, args: readonly string[]) {
  const run = await keepgateAt(args, { now: () => new Date(), cwd: folder });
  expect(run).toMatchObject({ exitCode: 0 });
  return run;
}

/** At every moment: what is served is whole, nginx takes it, and whatever the CA has signed is of use. */
async function looksWell({ ca, folder, args, start }: Scene): Promise<void> {
  const leaf = liveLeaf(folder);
  const mayBeMissing = args.includes('--host');
  if (leaf === undefined) expect(mayBeMissing).toBe(true);
  else {
    expect(leaf.checkPrivateKey(privateKey(join(folder, live, 'privkey.pem')))).toBe(true);
    const { exitCode, stderr } = await nginxTest(folder);
    expect(exitCode, stderr).toBe(0);
  }
  const keys = keysIn(folder);
  for (const { publicKey, serial } of ca.issued.slice(start.certificates))
    expect(
      keys.some((key) => key.equals(publicKey)),
      `the key of ${serial}`,
    ).toBe(true);
}

const live = 'store/live/api';

function liveLeaf(folder: string): X509Certificate | undefined {
  const path = join(folder, live, 'fullchain.pem');
  return existsSync(path) ? new X509Certificate(readFileSync(path)) : undefined;
}

const privateKey = (path: string) => createPrivateKey(readFileSync(path));

/** The public halves of all keys of the certificate that are whole in the store. */
function keysIn(folder: string) {
  const certificate = join(folder, 'store/certificates/api');
  const versions = join(certificate, 'versions');
  const numbers = existsSync(versions) ? readdirSync(versions).filter((name) => /^\d+$/.test(name)) : [];
  return [join(certificate, 'pending.key'), ...numbers.map((number) => join(versions, number, 'privkey.pem'))]
    .filter((path) => existsSync(path))
    .map((path) => createPublicKey(privateKey(path)));
}

/** A socket in the folder: `nginx -t` binds what it is to listen on, and several run at once. */
function nginxConfiguration(folder: string): string {
  const files = `ssl_certificate ${folder}/${live}/fullchain.pem; ssl_certificate_key ${folder}/${live}/privkey.pem;`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  return `events {}\nhttp { access_log off; ${temporary.join(' ')}
server { listen unix:${folder}/socket ssl; server_name api.example.com; ${files} } }\n`;
}

function nginxTest(folder: string) {
  const globals = `pid nginx.pid; error_log stderr;${process.getuid?.() === 0 ? ' user root;' : ''}`;
  const args = ['-t', '-p', folder, '-c', join(folder, 'nginx.conf'), '-g', globals];
  return execa(nginxOf('bookworm'), args, { reject: false, stdin: 'ignore' });
}
