/** `apply` before a running nginx, killed once nginx was told to reload: the next run ends with nginx running what is on disk. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePorts } from '../../src/verify/ports.ts';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { certificate } from '../deploy/running-nginx.ts';
import { times } from '../everything.ts';
import { counting } from './install-crash.ts';

const timeout = 900_000;
const apply = ['apply', '--sandbox', 'none'];

/** nginx runs with a site on a port of the first spec; the second spec has another port. */
async function scene(refused: boolean) {
  const nginx = await installNginx('bookworm');
  const [second = 0] = await freePorts(1);
  if (refused) hide(nginx, 'added.example.com');
  nginx.spec({ api: 8080 });
  await nginx.start();
  expect(await nginx.keepgate(apply)).toMatchObject({ exitCode: 0 });
  nginx.spec({ api: 9090, added: 9091 }, second);
  return { nginx, second };
}

/** Another server block answers for this name: nginx reads the change, and does not serve what it should. */
function hide({ etc, folder, ports }: InstalledNginx, name: string): void {
  const { certificate: pem, key } = certificate();
  writeFileSync(join(folder, 'other.pem'), pem);
  writeFileSync(join(folder, 'other.key'), key);
  const files = `ssl_certificate ${folder}/other.pem; ssl_certificate_key ${folder}/other.key;`;
  const server = `server { listen 127.0.0.1:${ports.https} ssl; server_name ${name}; ${files} }\n`;
  writeFileSync(join(etc, 'conf.d/own.conf'), server);
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

/** How many steps a whole run has. */
async function stepsOf(refused: boolean): Promise<number> {
  const { nginx } = await scene(refused);
  const count = join(nginx.folder, 'count');
  const { exitCode } = await nginx.keepgate(apply, counting({ KEEPGATE_KILL_COUNT: count }));
  expect(exitCode).toBe(refused ? 4 : 0);
  const [, steps] = readFileSync(count, 'utf8').split(' ');
  await nginx.remove();
  return Number(steps);
}

async function killedAt(step: number, refused: boolean): Promise<void> {
  const { nginx, second } = await scene(refused);
  try {
    const { exitCode } = await nginx.keepgate(apply, counting({ KEEPGATE_KILL_AT: String(step) }));
    expect(exitCode, 'killed').toBeUndefined();
    nginx.spec({ api: 8080 });
    const next = await nginx.keepgate(apply);
    expect(next, 'the next run').toMatchObject({ exitCode: 0 });
    expect(existsSync(join(nginx.etc, '.keepgate/journal.json'))).toBe(false);
    expect(await listens(nginx.ports.http), 'the port on disk').toBe(true);
    await expect.poll(() => listens(second), { timeout: 10_000, message: 'the port of the change' }).toBe(false);
    expect((await nginx.keepgate(apply)).stderr).toContain('nothing reloaded');
  } finally {
    await nginx.remove();
  }
}

/** Counted from the end: it ends with putting back, the journal and the lock. */
it.each([
  ['that nginx takes', false, times([4, 5, 6, 7, 8, 9], [4, 6, 8])],
  ['that is put back', true, times([4, 5, 6, 7, 8, 9, 12, 16, 20], [5, 8, 16])],
] as const)('a change %s', { timeout }, async (_, refused, fromEnd) => {
  const steps = await stepsOf(refused);
  const wrong: string[] = [];
  const lanes = [0, 1, 2].map(async (lane) => {
    for (const back of fromEnd.filter((_, at) => at % 3 === lane))
      await killedAt(steps - back, refused).catch((error: unknown) =>
        wrong.push(`killed ${back} from the end: ${error}`),
      );
  });
  await Promise.all(lanes);
  expect(wrong).toEqual([]);
});
