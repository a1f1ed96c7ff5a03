import { expect, it } from 'vitest';
import { preflight } from '../../src/acme/preflight/preflight.ts';
import { httpStandalone } from '../../src/acme/solvers/http-standalone.ts';
import { startPebble } from '../pebble.ts';

it('agrees with the DNS that pebble asks', async () => {
  await using pebble = await startPebble();
  await pebble.addCaa('other.example.test', { tag: 'issue', value: 'other-ca.test' });
  await pebble.setCname('alias.example.test', 'api.example.test');
  const solver = httpStandalone({ port: pebble.httpPort });
  const connectTo = (host: string) => ({ host, port: pebble.httpPort });
  const look = (...names: string[]) =>
    preflight(names, solver, { resolver: pebble.dns, connectTo, caaIdentities: ['ca.test'] });
  try {
    expect(await look('api.example.test', 'alias.example.test', 'permitted.test')).toEqual([]);
    expect(await look('www.other.example.test')).toMatchObject([{ code: 'caa-forbids', severity: 'error' }]);
    await pebble.addAaaa('api.example.test', '::1');
    expect(await look('api.example.test')).toEqual([]);
  } finally {
    await solver.close?.();
  }
});
