import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { specText } from '../../src/cli/spec-text.ts';
import { newestNginx } from '../../src/cli/target.ts';
import { applyChanges } from '../../src/domino/apply-changes.ts';
import { closeFolder, type Folder, openFolder } from '../../src/domino/folder.ts';
import { type FrontSpec, frontSpec } from '../../src/domino/front-spec.ts';
import { installationOf } from '../../src/domino/installation.ts';
import { planProxy } from '../../src/domino/plan-proxy.ts';
import { planTls } from '../../src/domino/plan-tls.ts';
import { proxyOfSpec } from '../../src/domino/proxy-of-spec.ts';
import { readConfig } from '../../src/domino/read-keepconfig.ts';
import type { OwnTls } from '../../src/domino/tls-settings.ts';
import { resolve } from '../../src/model/resolve.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { dataFolder } from './data-folder.ts';

function loaded(text: string) {
  const { spec, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  if (!spec) throw new Error(`${JSON.stringify(diagnostics[0])}\n${text}`);
  return { spec, places, proxy: () => proxyOfSpec(spec, places, undefined) };
}

/** What `init --from-keepconfig` reads in this folder, and the spec it writes. */
function readBack(folder: Folder): { front: FrontSpec; text: string } {
  const { overlays, diagnostics } = readConfig(folder, false);
  expect(diagnostics).toEqual([]);
  const front = frontSpec(installationOf({ overlays }));
  const hosts = front.hosts.map(({ value }) => value);
  const options = { preset: undefined, upstream: undefined, installed: undefined };
  return { front, text: specText({ ...options, hosts, front }) };
}

async function inNewFolder(act: (folder: Folder) => Promise<void> | void): Promise<void> {
  const folder = openFolder(dataFolder(), 'data');
  try {
    await act(folder);
  } finally {
    closeFolder(folder);
  }
}

const ports = fc.uniqueArray(fc.integer({ min: 1024, max: 65_535 }), { minLength: 4, maxLength: 4 });
const specs = fc.record({
  hosts: fc.uniqueArray(
    fc.constantFrom('api.example.com', '*.x.example.com', 'bücher.example', '192.0.2.7', '[2001:db8::1]'),
    {
      minLength: 1,
    },
  ),
  https: fc.constantFrom(443, 8443),
  ports: fc.option(
    ports.map(([data, health, management, metrics]) => ({ data, health, management, metrics })),
    { nil: {} },
  ),
  backend: fc.constantFrom('127.0.0.1', '::1', '[::1]', '127.0.0.3'),
  bodyLimit: fc.oneof(
    fc.constant('unlimited'),
    fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.constantFrom('k', 'm', 'g')).map((parts) => parts.join('')),
  ),
  read: fc.tuple(fc.integer({ min: 11, max: 900 }), fc.constantFrom('s', 'm')).map((parts) => parts.join('')),
});

describe('what was written is read back', () => {
  it('domino proxy: the spec of --from-keepconfig means the same', async () => {
    await fc.assert(
      fc.asyncProperty(specs, async ({ hosts, https, backend, bodyLimit, read, ...more }) => {
        const preset = { name: 'domino-rest-api', backend, ports: more.ports };
        const site = { hosts, preset, bodyLimit, timeouts: { read }, listen: { https } };
        const { proxy } = loaded(JSON.stringify({ version: 1, sites: { domino: site } }));
        await inNewFolder((folder) => {
          const planned = planProxy(folder, proxy(), { environment: {}, wholeOrigins: true, elsewhere: false });
          expect(planned.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
          applyChanges(folder, 'proxy', planned.changes);
          const { text } = readBack(folder);
          expect(loaded(text).proxy()).toEqual(proxy());
          for (const line of text.split('\n').filter((each) => /^ {4,}[a-z]/.test(each) && !/hosts/.test(each)))
            expect(line.length).toBeLessThanOrEqual(120);
          const again = planProxy(folder, loaded(text).proxy(), {
            environment: {},
            wholeOrigins: true,
            elsewhere: false,
          });
          for (const { before, after } of again.changes)
            expect(after?.bytes.equals(before?.bytes ?? Buffer.of())).toBe(true);
        });
      }),
      { numRuns: 40 },
    );
  });

  const kinds: readonly OwnTls[] = [
    { as: 'pfx', file: '/d/k.pfx', password: { from: 'none' } },
    { as: 'jks', file: '/d/k.jks', password: { from: 'given', text: 'geheim-wort' } },
    { as: 'pfx', file: '/d/k.pfx', password: { from: 'environment' } },
    { as: 'pem', file: '/d/k.key', chain: '/d/k.crt', password: { from: 'none' } },
    { as: 'certmgr', names: [] },
    { as: 'certmgr', names: ['*.example.com', 'api.example.com'] },
  ];

  it.each(kinds)('domino tls: $as $password.from', async (tls) => {
    await inNewFolder(async (folder) => {
      // whatever was set before
      for (const each of [...kinds, tls]) {
        const { changes, diagnostics } = await planTls(folder, {
          ...{ tls: each, environment: {}, files: [], overlay: 'keepgate-tls.json', elsewhere: false },
          ...{ host: 'api.example.com', certificate: undefined },
        });
        expect(diagnostics).toEqual([]);
        applyChanges(folder, 'tls', changes);
      }
      const [overlay] = readConfig(folder, false).overlays;
      expect(overlay?.settings).toEqual({
        ...(tls.as === 'certmgr'
          ? { TLSCertStore: true, ...(tls.names.length > 0 && { TLSCertStoreName: tls.names }) }
          : { TLSType: tls.as, TLSFile: tls.file }),
        ...(tls.as === 'pem' && { PEMCert: tls.chain }),
        ...(tls.as !== 'certmgr' && tls.password.from === 'none' && { TLSPassword: '' }),
        ...(tls.as !== 'certmgr' && tls.password.from === 'given' && { TLSPassword: tls.password.text }),
      });
      const { front, text } = readBack(folder);
      expect(front.tls?.value).toBe(tls.as);
      expect(text).not.toContain('geheim');
      const { spec, places } = loaded(text);
      const { model, diagnostics } = resolve(spec, places, { target: newestNginx, layout: 'debian', allowRaw: false });
      expect(diagnostics).toEqual([]);
      const proxied = JSON.stringify(model.sites[0]?.locations);
      expect(proxied).toContain('"tls":{"name":"api.example.com","verify":true');
      expect(proxied).not.toContain('"pass":"http:');
    });
  });
});
