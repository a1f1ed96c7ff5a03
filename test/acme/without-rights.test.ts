import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { parts } from '../parts.ts';

const folder = throwawayFolder();
const program = join(folder.path, 'choose.mjs');

beforeAll(() =>
  build({
    stdin: {
      contents: `import { chooseSolver } from './src/acme/solvers/choose.ts';
        const machine = { challengeRoot: '/nowhere', port: Number(process.argv[2]) };
        const { exitCode, diagnostic } = await chooseSolver(undefined, ['a.example.com'], machine).catch((error) => error);
        console.log(JSON.stringify({ exitCode, ...diagnostic }));`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
    banner: { js: `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);` },
    logLevel: 'error',
  }),
);
afterAll(() => folder.remove());

/** What a process without capabilities is told, in namespaces of its own. */
async function choosing(port: number, namespaces: readonly string[]) {
  const sandbox = ['--dev-bind', '/', '/', '--unshare-user', '--cap-drop', 'ALL', ...namespaces];
  const { stdout } = await execa(parts.bwrap, [...sandbox, process.execPath, program, String(port)]);
  return JSON.parse(stdout);
}

it('a user who may not listen on port 80 is told what to do', async () => {
  // A new network has the limits that systems start with.
  expect(await choosing(80, ['--unshare-net'])).toMatchObject({
    exitCode: 4,
    code: 'port-not-permitted',
    message: 'this user may not listen on port 80',
    help: expect.stringContaining('--webroot DIR'),
  });
});

it('a user who may not see the holder of a port is told whose it is', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  try {
    expect(await choosing(port, ['--unshare-pid', '--proc', '/proc'])).toMatchObject({
      exitCode: 4,
      code: 'port-taken',
      message: expect.stringMatching(`^port ${port} is taken by a process of user \\d+ \\(root can see which\\)$`),
    });
  } finally {
    holder.close();
  }
});
