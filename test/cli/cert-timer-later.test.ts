/** A certificate that is issued after the timer was installed, on a machine with systemd's folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { keepgateAt } from '../in-process.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

let ca: SmallCa;
let machine: StockMachine;
beforeAll(async () => {
  ca = await startSmallCa({ now: () => new Date() });
  machine = stockMachine('bookworm');
});
afterAll(async () => {
  machine?.remove();
  await ca?.stop();
});

it('is said not to be renewed by it, where its folder for challenges is another', async () => {
  const units = join(dirname(machine.etc), 'systemd/system');
  const at = (words: readonly string[]) => keepgateAt(words, { now: () => new Date(), cwd: machine.home });
  const unit = join(units, 'keepgate-renew.service');
  mkdirSync(units, { recursive: true });
  mkdirSync(join(machine.home, 'my www/root'), { recursive: true });
  const account = ['--directory', ca.directoryUrl, '--ca-file', ca.caFile, '--agree-tos', '--skip-preflight'];
  const host = ['cert', 'issue', '--host', 'api.example.com', '--webroot', 'my www/root', '--store', 'store'];
  expect((await at([...host, ...account, '--no-reload'])).exitCode).toBe(0);
  // There it is kept: that machine reaches no CA.
  const again = (verb = host.map((word) => `'${word}'`).join(' ')) =>
    machine.run(`keepgate ${verb} --no-reload --directory ${ca.directoryUrl}`);
  const silent = { exitCode: 0, stderr: expect.not.stringContaining('timer-lacks-folder') };

  expect(await again()).toMatchObject(silent);
  const known = (await at(['cert', 'timer', '--store', 'store'])).stdout.split(/^# ---- .* ----\n/m)[1] ?? '';
  writeFileSync(unit, known);
  expect(await again()).toMatchObject(silent);
  // One that was installed before the certificate knows nothing of it.
  const before = known.replace(` "-${machine.home}/my www/root"`, '');
  expect(before).not.toBe(known);
  writeFileSync(unit, before);
  const warned = await again();
  expect(warned.exitCode).toBe(0);
  expect(warned.stderr).toMatch(/warning timer-lacks-folder: .*my www\/root.*\n {2}help: .*cert timer --install/);
  expect(await again('cert renew --store store')).toMatchObject(silent);
  mkdirSync(`${unit}.d`);
  writeFileSync(join(`${unit}.d`, 'more.conf'), `[Service]\nReadWritePaths="${machine.home}/my www"\n`);
  expect(await again()).toMatchObject(silent);
  writeFileSync(unit, before.replace(`${machine.home}/store `, '/var/lib/other '));
  expect(await again()).toMatchObject(silent);
}, 240_000);
