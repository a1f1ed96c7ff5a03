import { expect, it } from 'vitest';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();

it('names a spec on one line, whatever its file is called', async () => {
  place.write('odd\nname.yaml', minimal());
  const { exitCode, stdout, stderr } = await place.keepgate(['render', 'odd\nname.yaml', '--nginx-version', '1.26.3']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^# Made by keepgate from "?odd\ufffdname\.yaml"?, site api\./m);
});
