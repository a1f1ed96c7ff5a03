import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { runKeepgate } from './run-keepgate.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

it('answers --version', async () => {
  expect(await runKeepgate(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
});

it.each(['18.20.4', '20.18.3'])('tells a Node %s in one line what it needs', async (tooOld) => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${tooOld}'})`;
  const { exitCode, stdout, stderr } = await runKeepgate(['--version'], {
    env: { NODE_OPTIONS: `--import=${pretend}` },
  });
  expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
  expect(stderr).toBe(`keepgate needs Node.js 20.19 or newer, and this is ${tooOld}: https://nodejs.org\n`);
});

it('is a program of its own', async () => {
  const { stdout } = await execa(resolve('dist/bin.js'), ['--version']);
  expect(stdout).toBe(version);
});
