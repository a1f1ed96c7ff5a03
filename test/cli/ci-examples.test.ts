/** The commands of examples/ci/, read from there, run by a shell as a pipeline does, with this program as `npx keepgate`. */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { keepgateAt } from '../in-process.ts';
import { parts } from '../parts.ts';

const timeout = 120_000;
const program = resolve(import.meta.dirname, '../../dist/bin.js');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepgate-ci-'));
  copyFileSync('examples/minimal.yaml', join(folder, 'keepgate.yaml'));
  appendFileSync(join(folder, 'keepgate.yaml'), '\nnginx: {target: 1.22.1, layout: debian}\n');
  mkdirSync(join(folder, 'bin'));
  for (const name of ['conf.d', 'sites-available', 'sites-enabled'])
    mkdirSync(join(folder, 'server', name), { recursive: true });
  writeFileSync(
    join(folder, 'bin/npx'),
    `#!/bin/sh\n[ "$1 $2" = '--yes keepgate@0.1' ] || exit 99\nshift 2\nexec '${process.execPath}' '${program}' "$@"\n`,
  );
  chmodSync(join(folder, 'bin/npx'), 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Suite = 'bookworm' | 'trixie';

interface Pipeline {
  /** The lines of a job's script. */
  script(job: string): string[];
  /** What `versions` runs in. */
  images(): string[];
}

const pipelines: Record<string, (yaml: string) => Pipeline> = {
  'github-actions.yml': (yaml) => {
    const { jobs } = parse(yaml);
    return {
      script: (job) => jobs[job].steps.flatMap(({ run }: { run?: string }) => run ?? []),
      images: () => jobs.versions.strategy.matrix.image,
    };
  },
  'gitlab-ci.yml': (yaml) => {
    const jobs = parse(yaml);
    return { script: (job) => jobs[job].script, images: () => jobs.versions.parallel.matrix[0].IMAGE };
  },
};

describe.each(Object.entries(pipelines))('examples/ci/%s', (name, read) => {
  const pipeline = read(readFileSync(join('examples/ci', name), 'utf8'));
  /** Each line until one fails, as a runner does. What prepares the machine is left out: the parts are here. */
  const run = async (job: string, suite: Suite = 'bookworm') => {
    const lines = pipeline.script(job).filter((line) => line.includes('npx '));
    expect(lines).not.toEqual([]);
    const script = lines.join('\n').replaceAll('/usr/sbin/nginx', parts.nginx[suite]);
    const path = `${join(folder, 'bin')}:${process.env.PATH}`;
    const env = { PATH: path, FORCE_COLOR: undefined, NODE_V8_COVERAGE: process.env.KEEPGATE_TEST_COVERAGE ?? '' };
    const { exitCode, stdout, stderr } = await execa('sh', ['-e', '-c', script], { cwd: folder, env, reject: false });
    return { exitCode, stdout, stderr };
  };
  const apply = () =>
    keepgateAt(['apply', '--root', 'server', '--sandbox', 'none'], { cwd: folder, now: () => new Date() });
  const diff = () => readFileSync(join(folder, 'server.diff'), 'utf8');

  it('a change is checked, rendered, and shown as a diff', { timeout }, async () => {
    expect(await run('proxy')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(join(folder, 'site/sites-available/keepgate_api.conf'), 'utf8')).toContain('api.example.com');
    expect(existsSync(join(folder, 'install.sh'))).toBe(true);
    expect(diff()).toMatch(/^\+ +server_name api\.example\.com;$/m);
    expect(await apply()).toMatchObject({ exitCode: 0 });
    expect(await run('proxy')).toMatchObject({ exitCode: 0 });
    expect(diff()).toBe('');
  });

  it('a version that is not the one tested fails', { timeout }, async () => {
    const spec = readFileSync(join(folder, 'keepgate.yaml'), 'utf8').replace('1.22.1', '1.26.3');
    writeFileSync(join(folder, 'keepgate.yaml'), spec);
    const { exitCode, stdout } = await run('proxy');
    const report = join(folder, 'gl-code-quality-report.json');
    expect(exitCode).toBe(1);
    expect(existsSync(report) ? readFileSync(report, 'utf8') : stdout).toContain('target-not-tested');
  });

  it('every version is checked', { timeout }, async () => {
    const suites = pipeline.images().map((image) => image.replace('node:22-', '') as Suite);
    expect(suites).toEqual(['bookworm', 'trixie']);
    for (const suite of suites) expect(await run('versions', suite)).toMatchObject({ exitCode: 0 });
    appendFileSync(join(folder, 'keepgate.yaml'), '\nnonsense: true\n');
    expect(await run('versions')).toMatchObject({ exitCode: 1 });
  });

  it('drift fails', { timeout }, async () => {
    expect(await apply()).toMatchObject({ exitCode: 0 });
    expect(await run('drift')).toMatchObject({ exitCode: 0 });
    appendFileSync(join(folder, 'server/sites-available/keepgate_api.conf'), '# by hand\n');
    const drifted = await run('drift');
    expect(drifted).toMatchObject({ exitCode: 3, stdout: expect.stringMatching(/^-# by hand$/m) });
    expect(drifted.stderr).toContain('hand-edited');
  });
});
