/** `keepgate up --nginx` where that nginx is not the one that is installed here. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../deploy/installed-nginx.ts';
import { keepgateAt } from '../in-process.ts';
import { type SmallCa, startSmallCa } from '../small-ca/start.ts';

let nginx: InstalledNginx;
let ca: SmallCa;
afterEach(async () => {
  await nginx?.remove();
  await ca?.stop();
});

it('has the named nginx take the new certificate', { timeout: 120_000 }, async () => {
  nginx = await installNginx('trixie');
  ca = await startSmallCa({ now: () => new Date() });
  nginx.spec({ api: 8080 });
  mkdirSync(join(nginx.folder, 'www'));
  const spec = join(nginx.folder, 'keepgate.yaml');
  const account = `directory: "${ca.directoryUrl}", caFile: ${ca.caFile}, agreeToTerms: true, `;
  writeFileSync(spec, readFileSync(spec, 'utf8').replace('acme: {', `acme: {${account}`));
  await nginx.start();
  const options = ['--no-timer', '--skip-preflight', '--webroot', 'www', '--format', 'json'];
  const { exitCode, stdout, stderr } = await keepgateAt(['up', ...options, ...nginx.own('up')], {
    cwd: nginx.folder,
    now: () => new Date(),
  });
  expect(exitCode, `${stderr}${stdout}`).toBe(0);
  const { stages } = JSON.parse(stdout);
  expect(stages.map(({ name }: { name: string }) => name)).toEqual(['apply', 'issue', 'probe']);
  expect(stages[1].result.certificates).toMatchObject([{ result: 'issued' }]);
  expect(ca.issued).toHaveLength(1);
});
