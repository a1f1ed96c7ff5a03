import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/commands/index.ts';
import { Workplace } from './workplace.ts';

const place = new Workplace();
mkdirSync(join(place.folder, 'bin'));
place.write('bin/keepgate', `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/bin.js')}' "$@"\n`);
chmodSync(join(place.folder, 'bin/keepgate'), 0o755);
const env = { PATH: `${place.folder}/bin:${process.env.PATH}` };
const find = (shell: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, shell))
    .find((path) => existsSync(path));

/** What bash would offer for the last of the words. */
async function complete(...words: string[]): Promise<string[]> {
  const script = `source <(keepgate completion bash)
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_keepgate
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await execa('bash', ['-c', script, 'bash', ...words], { cwd: place.folder, env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  it('can read it', async () => {
    const { stdout } = await place.keepgate(['completion', 'bash']);
    await execa('bash', ['-n'], { input: stdout });
    expect((await place.keepgate(['completion'])).stdout).toBe(stdout);
    const script = `${stdout}\ncomplete -p keepgate`;
    expect((await execa('bash', ['-c', script])).stdout).toBe('complete -o filenames -F _keepgate keepgate');
  });

  it('offers commands', async () => {
    expect(await complete('keepgate', '')).toEqual([...commandNames, '--help', '--version']);
    expect(await complete('keepgate', 'ch')).toEqual(['check']);
  });

  it('offers the options of a command', async () => {
    const options = await complete('keepgate', 'check', '--');
    expect(options).toEqual(expect.arrayContaining(['--nginx', '--live', '--fail-on', '--format', '--help']));
    expect(options).not.toContain('--out');
    expect(await complete('keepgate', 'render', '--nginx-v')).toEqual(['--nginx-version']);
  });

  it('offers files, whatever is in their names', async () => {
    place.write('a spec.yaml', '');
    place.write('a*.yaml', '');
    place.write('b.yaml', '');
    expect((await complete('keepgate', 'check', 'a')).sort()).toEqual(['a spec.yaml', 'a*.yaml'].sort());
    expect(await complete('keepgate', 'check', '--nginx', 'b')).toEqual(expect.arrayContaining(['bin', 'b.yaml']));
  });
});

describe('zsh', () => {
  const zsh = find('zsh');
  it('is given what bashcompinit needs', async () => {
    const { exitCode, stdout } = await place.keepgate(['completion', 'zsh']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^autoload -U \+X bashcompinit && bashcompinit$/m);
    if (zsh === undefined) return console.warn('SKIPPED: there is no zsh here to read the script');
    await execa(zsh, ['-n'], { input: stdout });
  });
});
