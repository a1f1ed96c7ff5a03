/** What a person, and another program, are told of a file with very many mistakes. */
import { describe, expect, it } from 'vitest';
import { Workplace } from './workplace.ts';

const place = new Workplace();
const timeout = 120_000;
const nginx = ['--nginx-version', '1.26.3'];

describe('100,000 mistakes', () => {
  place.write('many.yaml', ': \n'.repeat(100_000));

  it('are a hundred, and a count', { timeout }, async () => {
    const { exitCode, stderr } = await place.keepgate(['render', 'many.yaml', ...nginx]);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n').length).toBeLessThan(500);
    expect(stderr).toContain('error more-findings: 99900 more errors in many.yaml are not shown\n');
    expect(stderr).toMatch(/\n100000 errors in 1 file\n$/);
  });

  it.each(['json', 'sarif', 'github', 'gitlab'])('as %s', { timeout }, async (format) => {
    const { exitCode, stdout } = await place.keepgate(['check', 'many.yaml', '--format', format]);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('99900 more errors in many.yaml are not shown');
    const results = {
      json: () => JSON.parse(stdout).diagnostics,
      sarif: () => JSON.parse(stdout).runs[0].results,
      github: () => stdout.trim().split('\n'),
      gitlab: () => JSON.parse(stdout),
    }[format as 'json' | 'sarif' | 'github' | 'gitlab']();
    expect(results).toHaveLength(101);
    if (format === 'json') expect(JSON.parse(stdout).summary).toMatchObject({ errors: 100_000, files: 1 });
  });
});

it('of the rules are the worst of them, and a count of each kind', { timeout }, async () => {
  const site = (index: number) =>
    `  s${index}: {hosts: [h${index}.example.com], upstream: "http://10.0.0.7:${index + 1}"}\n`;
  const warned = Array.from({ length: 250 }, (_, index) => site(index)).join('');
  place.write(
    'warned.yaml',
    `version: 1\nsites:\n${warned}  last: {hosts: [localhost], upstream: "http://127.0.0.1:1"}\n`,
  );
  const { exitCode, stderr } = await place.keepgate(['render', 'warned.yaml', ...nginx]);
  expect(exitCode).toBe(1);
  expect(stderr.match(/warning plain-remote-backend/g)).toHaveLength(99);
  expect(stderr).toContain('error acme-name-not-public: localhost');
  expect(stderr).toContain('warning more-findings: 151 more warnings in warned.yaml are not shown\n');
  expect(stderr).toMatch(/\n1 error, 250 warnings in 1 file\n$/);
});

it('a file of closing brackets fits into memory', { timeout }, async () => {
  place.write('brackets.yaml', ']'.repeat(990_000));
  const env = { NODE_OPTIONS: '--max-old-space-size=700' };
  const { exitCode, stderr } = await place.keepgate(['render', 'brackets.yaml', ...nginx], { env });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('yaml-syntax') });
});
