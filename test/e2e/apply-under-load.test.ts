/** Applies of a changed site while clients ask without a pause. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { times } from '../everything.ts';
import { startLoad } from './keepalive-load.ts';

const applies = times(20, 6);
const requests = times(20_000, 6000);
let nginx: InstalledNginx | undefined;
afterEach(() => nginx?.remove());

it.each([
  ['forky', 'never try a request again', false],
  ['bookworm', 'try again on a new connection what failed on a kept one', true],
] as const)('nginx of %s loses none of clients that %s', { timeout: 900_000 }, async (suite, _, retries) => {
  const machine = await installNginx(suite);
  nginx = machine;
  const answers = [1, 2].map((number) =>
    createServer({ keepAliveTimeout: 75_000 }, (_, response) => response.end(`${number}`)),
  );
  const backends = await Promise.all(
    answers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as { port: number }).port;
    }),
  );
  const [first = 0, second = 0] = backends;
  machine.spec({ api: first });
  await machine.start();
  expect(await machine.keepgate(['apply'])).toMatchObject({ exitCode: 0 });
  const ca = readFileSync(join(machine.store, 'live/api/fullchain.pem'), 'utf8');
  const load = startLoad({
    port: machine.ports.https,
    servername: 'api.example.com',
    ca,
    busy: 4,
    pausing: 20,
    retries,
  });
  for (let number = 1; number <= applies; number++) {
    await load.until((number * requests) / (applies + 1));
    machine.spec({ api: number % 2 === 1 ? second : first });
    const { exitCode, stderr } = await machine.keepgate(['apply', '--sandbox', 'none']);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('seen to have taken it'),
    });
  }
  await load.until(requests);
  await load.stop();
  for (const server of answers) server.close();
  expect(load.failures).toEqual([]);
  expect(load.answered).toBeGreaterThanOrEqual(requests);
  const again = retries ? `, ${load.retried} sent again` : '';
  console.info(
    `${applies} applies, nginx of ${suite}: ${load.answered} requests on ${load.connections} connections, ${load.failures.length} failed${again}`,
  );
});
