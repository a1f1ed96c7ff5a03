import { expect, it } from 'vitest';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();

it('names a spec on one line, whatever its file is called', async () => {
  place.write('odd\nname.yaml', minimal());
  const { exitCode, stdout, stderr } = await place.keepgate(['render', 'odd\nname.yaml', '--nginx-version', '1.26.3']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^# Made by keepgate from "?odd\ufffdname\.yaml"?, site api\./m);
});

it('refuses to pass over a .yml, and reads one that is named', async () => {
  place.write('mixed/a.yaml', minimal());
  place.write('mixed/b.yml', minimal().replace('api:', 'b:').replace('api.', 'b.'));
  const folder = await place.keepgate(['render', 'mixed', '--nginx-version', '1.26.3']);
  expect(folder).toMatchObject({ exitCode: 1, stdout: '' });
  expect(folder.stderr).toContain('error spec-file-ignored: mixed/b.yml would be passed over');
  const named = await place.keepgate(['render', 'mixed/a.yaml', 'mixed/b.yml', '--nginx-version', '1.26.3']);
  expect(named.exitCode).toBe(0);
});
