import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { dnsExec, hookProtocol } from '../../src/acme/solvers/dns-exec.ts';
import { type Bind, startBind } from './bind.ts';
import { challengeFor } from './challenge.ts';

let bind: Bind;
let folder: string;
beforeAll(async () => {
  bind = await startBind({
    'example.test': '_acme-challenge.delegated CNAME x.validation.test.',
    'validation.test': '',
  });
});
afterAll(() => bind?.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(text: string, mode = 0o755): string {
  const path = join(folder, 'hook');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

const solverFor = (command: string, given: { hookTimeLimit?: number; timeLimit?: number } = {}) =>
  dnsExec(command, { resolver: bind.server, nameServerPort: bind.port, ...given });
const log = () => readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n');

it('runs a script written for the exec provider of lego, with the name that CNAMEs lead to', async () => {
  const solver = solverFor(script(`echo "$# $1 $2 $3" >>'${folder}/log'`));
  const challenge = challengeFor('delegated.example.test');
  const wild = challengeFor('*.example.test');
  for (const each of [challenge, wild]) await solver.present(each);
  for (const each of [challenge, wild]) await solver.cleanUp(each);
  expect(log()).toEqual([
    `3 present x.validation.test. ${challenge.dnsValue}`,
    `3 present _acme-challenge.example.test. ${wild.dnsValue}`,
    `3 cleanup x.validation.test. ${challenge.dnsValue}`,
    `3 cleanup _acme-challenge.example.test. ${wild.dnsValue}`,
  ]);
});

it('gives the script what the manual hooks of certbot read', async () => {
  const solver = solverFor(
    script(`
      echo "$CERTBOT_DOMAIN $CERTBOT_VALIDATION $CERTBOT_ALL_DOMAINS $CERTBOT_REMAINING_CHALLENGES \${CERTBOT_TOKEN-unset} $CERTBOT_AUTH_OUTPUT" >>'${folder}/log'
      echo "record 17 of $CERTBOT_DOMAIN"`),
  );
  const names = ['example.test', '*.example.test'];
  const first = { ...challengeFor('example.test'), order: { names, remaining: 1 } };
  const second = { ...challengeFor('*.example.test'), order: { names, remaining: 0 } };
  const alone = challengeFor('alone.example.test');
  for (const each of [first, second, alone]) await solver.present(each);
  await solver.cleanUp(first);
  expect(log().map((line) => line.trimEnd())).toEqual([
    `example.test ${first.dnsValue} example.test,example.test 1 unset`,
    `example.test ${second.dnsValue} example.test,example.test 0 unset`,
    `alone.example.test ${alone.dnsValue} alone.example.test 0 unset`,
    `example.test ${first.dnsValue} example.test,example.test 1 unset record 17 of example.test`,
  ]);
});

it('runs the two manual hooks of certbot behind the script of the documentation', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/certificates.md'), 'utf8');
  const text = /^#!\/bin\/sh\n(case \$1 in\n.*?^esac)$/ms.exec(page)?.[1] ?? '';
  for (const name of ['auth', 'cleanup']) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} $CERTBOT_VALIDATION" >>'${folder}/log'\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const solver = solverFor(script(text.replaceAll('/etc/certbot-hooks/', `${folder}/`)));
  const challenge = challengeFor('example.test');
  await solver.present(challenge);
  await solver.cleanUp(challenge);
  expect(log()).toEqual([`auth ${challenge.dnsValue}`, `cleanup ${challenge.dnsValue}`]);
});

it('shows the script next to nothing of its own environment', async () => {
  process.env.KEEPGATE_TEST_SECRET = 'secret';
  try {
    await solverFor(script(`env >'${folder}/log'; pwd >>'${folder}/log'`)).present(challengeFor('example.test'));
  } finally {
    delete process.env.KEEPGATE_TEST_SECRET;
  }
  expect(log().join('\n')).not.toContain('KEEPGATE_TEST_SECRET');
  const variables = log().flatMap((line) => /^(CERTBOT_\w+)=/.exec(line)?.[1] ?? []);
  expect(variables).toHaveLength(4);
  for (const variable of variables) expect(hookProtocol.join(' ')).toContain(variable);
});

it('runs the script once at a time, whoever asks', async () => {
  const path = script(`mkdir '${folder}/lock' || exit 9; sleep 0.05; rmdir '${folder}/lock'`);
  const solvers = [solverFor(path), solverFor(path)];
  const challenges = ['a', 'b', 'c'].map((label) => challengeFor(`${label}.example.test`));
  await Promise.all(solvers.flatMap((solver) => challenges.map((challenge) => solver.present(challenge))));
});

it('believes no script: the record has to be seen at the name servers', async () => {
  const path = script('exit 0');
  const challenge = challengeFor('unseen.example.test');
  const solver = solverFor(path, { timeLimit: 0 });
  await solver.present(challenge);
  await expect(solver.ready?.(challenge)).rejects.toMatchObject({ diagnostic: { code: 'dns-record-not-visible' } });
});

it('tells what a failing script said, on one harmless line', async () => {
  const solver = solverFor(script(`echo first; printf '\\033[31mno such zone\\n::error\\n' >&2; exit 3`));
  const challenge = challengeFor('example.test');
  const failure = { exitCode: 4, diagnostic: { code: 'dns-hook-failed' } };
  await expect(solver.present(challenge)).rejects.toMatchObject({
    ...failure,
    message: `${folder}/hook present for example.test ended with exit code 3: first | no such zone | ::error`,
  });
  await expect(solver.cleanUp(challenge)).rejects.toMatchObject(failure);
});

it('ends a script that does not end, with all that it started', async () => {
  const solver = solverFor(script(`sleep 600 & echo $! >'${folder}/log'; wait`), { hookTimeLimit: 5000 });
  await expect(solver.present(challengeFor('example.test'))).rejects.toMatchObject({
    message: expect.stringContaining('did not end in time'),
  });
  const started = Number(log()[0]);
  expect(started).toBeGreaterThan(1);
  await expect.poll(() => isAlive(started), { timeout: 10_000, interval: 10 }).toBe(false);
});

/** A zombie, which nobody has waited for yet, is dead. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A script in a folder where everybody may write, or below it. */
function inOpenFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, '#!/bin/sh\n', { mode: 0o755 });
  chmodSync(folder, 0o777);
  return path;
}

it.each([
  ['a script that others may write to', () => script('', 0o777)],
  ['a script in a folder that others may write to', () => inOpenFolder('hook')],
  ['a script below a folder that others may write to', () => inOpenFolder('closed/hook')],
  ['what is not executable', () => script('', 0o644)],
  ['what is not there', () => join(folder, 'nothing')],
])('does not run %s', async (_, make) => {
  const refused = {
    exitCode: 4,
    diagnostic: { code: expect.stringMatching(/^hook-(missing|unsafe|not-executable)$/) },
  };
  const solver = solverFor(make());
  await expect(solver.prepare?.([])).rejects.toMatchObject(refused);
  await expect(solver.present(challengeFor('example.test'))).rejects.toMatchObject(refused);
});
