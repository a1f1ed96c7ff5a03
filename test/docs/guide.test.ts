import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { blocksOf } from './blocks.ts';
import { guide, ways } from './ways.ts';

const pages = [guide, ...readdirSync('docs/domino').map((name) => `docs/domino/${name}`)];

it('runs every command of the guide in some way', () => {
  const blocks = pages.flatMap(blocksOf);
  const run = new Set(Object.values(ways).flatMap(({ blocks }) => blocks.map(({ place }) => place)));
  expect(blocks.filter(({ place }) => !run.has(place))).toEqual([]);
  expect([...new Set(blocks.map(({ language }) => language))].sort()).toEqual(['console', 'sh']);
});

const others = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

it.each([...new Set([...pages, ...others])])('%s links to what is there', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#]*)(?:#[^)]*)?\)/g)].map(([, path]) => path ?? '');
  const here = links.filter((path) => path !== '' && !/^https?:/.test(path));
  expect(here.filter((path) => !existsSync(join(dirname(page), path)))).toEqual([]);
});
