import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { manifestText } from '../../src/deploy/plan-manifest.ts';
import { resolve } from '../../src/model/resolve.ts';
import { manifestName, type Rendered, render } from '../../src/render/render.ts';
import { loadSpec } from '../../src/spec/load.ts';

const target = { version: '1.26.3', openssl: '3.5.0', modules: ['http_ssl_module', 'http_v2_module'] };

/** The sites by name, and the port of their backend or all of their options; another port is another text. */
export function renderedOf(
  sites: Readonly<Record<string, number | object>>,
  layout: 'debian' | 'conf.d' = 'debian',
): Rendered {
  const spec = {
    version: 1,
    sites: Object.fromEntries(
      Object.entries(sites).map(([name, site]) => [
        name,
        typeof site === 'object' ? site : { hosts: [`${name}.example.com`], upstream: `http://127.0.0.1:${site}` },
      ]),
    ),
  };
  const loaded = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(JSON.stringify(spec)) }]);
  if (!loaded.spec) throw new Error(JSON.stringify(loaded.diagnostics));
  const resolved = resolve(loaded.spec, loaded.places, { target, layout, allowRaw: false });
  if (resolved.diagnostics[0]) throw new Error(JSON.stringify(resolved.diagnostics));
  return render(resolved.model, target);
}

/** Everything below a folder: path → text, or → its target. */
export function treeOf(folder: string): Record<string, string> {
  const paths = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];
  return Object.fromEntries(
    paths.flatMap((path) => {
      const stats = lstatSync(join(folder, path));
      if (stats.isSymbolicLink()) return [[path, `→ ${readlinkSync(join(folder, path))}`]];
      return stats.isFile() ? [[path, readFileSync(join(folder, path), 'utf8')]] : [];
    }),
  );
}

/** What `treeOf` gives once it is written. */
export function expectedTree({ files, links, manifest }: Rendered): Record<string, string> {
  return {
    ...Object.fromEntries(files.map(({ path, text }) => [path, text])),
    ...Object.fromEntries(links.map(({ path, to }) => [path, `→ ${to}`])),
    [manifestName]: manifestText(manifest),
  };
}
