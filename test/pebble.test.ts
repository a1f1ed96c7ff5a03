import { expect, it } from 'vitest';
import { startPebble } from './pebble.ts';

it.each(['bookworm', 'forky'] as const)('two of %s run beside each other', async (suite) => {
  await using one = await startPebble({ suite });
  await using other = await startPebble({ suite });
  expect(await one.root()).toContain('BEGIN CERTIFICATE');
  expect(await other.root()).not.toBe(await one.root());
  await one.setTxt('_acme-challenge.example.com', 'value');
  await one.clearTxt('_acme-challenge.example.com');
});
