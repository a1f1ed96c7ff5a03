/** What 0.1.0 installed: a manifest that knows of no specs. The fixture was made by it. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixture, Image, specOf } from './image.ts';

const manifestOf = (image: Image) => JSON.parse(image.tree['keepgate.manifest.json'] ?? '');

it('sites are adopted by the spec that names them', async () => {
  const image = new Image(fixture);
  const before = image.tree;
  const spec = join(image.folder, 'keepgate.yaml');
  cpSync(join(fixture, 'keepgate.yaml'), spec);
  await image.done('apply');
  expect(image.sites).toEqual(['api', 'shop']);
  expect(manifestOf(image)).toMatchObject({ version: 2, specs: { [spec]: { sites: { api: {}, shop: {} } } } });
  await image.done('rollback');
  expect(image.tree).toEqual(before);
});

it('sites that no spec names stay, and what they ask of the shared file stays in it', async () => {
  const image = new Image(fixture);
  const before = image.tree;
  const { stderr: said } = await image.done('apply', image.service({ site: 'new' }));
  expect(said).toContain('info site-without-spec: api, shop are sites without a known spec');
  expect(image.sites).toEqual(['api', 'new', 'shop']);
  for (const path of ['sites-available/keepgate_api.conf', 'sites-available/keepgate_shop.conf'])
    expect(image.tree[path], path).toBe(before[path]);
  for (const socket of [443, 8443]) expect(image.shared).toContain(`listen ${socket} ssl default_server`);
  expect(image.shared).not.toContain('listen 80 ');
  expect(manifestOf(image).specs['']).toEqual({
    settings: { defaultServer: 'https' },
    sites: {
      api: {
        hosts: ['api.example.com'],
        http: ['80', '[::]:80'],
        https: ['443', '[::]:443'],
        http2: true,
        http3: false,
        profile: 'intermediate',
        clientCa: null,
      },
      shop: {
        hosts: ['shop.example.com'],
        http: ['8000', '[::]:8000'],
        https: ['8443', '[::]:8443'],
        http2: true,
        http3: false,
        profile: 'modern',
        clientCa: '/etc/ssl/clients.pem',
      },
    },
  });
  const { stdout, stderr } = await image.run(['status']);
  expect(stdout).toMatch(/^api +api\.example\.com +not known /m);
  expect(stderr).toContain('keepgate remove SITE');
});

it('their hosts are known', async () => {
  const image = new Image(fixture);
  const spec = image.service({ site: 'new', hosts: ['shop.example.com'], more: ['listen: {http: 8000, https: 8443}'] });
  expect(await image.refused('apply', spec)).toContain(
    'the host "shop.example.com" belongs to the site "shop" (of no known spec) already',
  );
});

it('remove and --prune are the ways out', async () => {
  const image = new Image(fixture);
  await image.done('remove', 'shop');
  expect(image.sites).toEqual(['api']);
  const spec = image.service({ site: 'new' });
  await image.done('apply', spec);
  writeFileSync(spec, specOf({ site: 'newer' }));
  await image.done('apply', spec, '--prune');
  expect(image.sites).toEqual(['newer']);
  expect(image.shared).toContain('listen 80 default_server');
});
