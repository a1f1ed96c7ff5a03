/** What is on disk when an `apply` was killed just before its end. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../src/deploy/install.ts';
import { pathsOf, planFolder } from '../../src/deploy/plan.ts';
import { manifestText } from '../../src/deploy/plan-manifest.ts';
import { survey } from '../../src/deploy/survey.ts';
import { HeldTree } from '../../src/files/held-tree.ts';
import { renderedOf } from './rendered.ts';

export function crashedApply(folder: string, sites: Readonly<Record<string, number>>): void {
  for (const name of ['', '.keepgate', '.keepgate/history'])
    mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
  const rendered = renderedOf(sites);
  const tree = new HeldTree(folder);
  const found = survey(tree, rendered);
  install(tree, {
    by: 'apply',
    plan: planFolder(rendered, found),
    manifest: manifestText(rendered.manifest),
    paths: pathsOf(rendered, found.manifest),
    now: new Date('2026-01-01T00:00:00Z'),
  });
  tree.release();
}
