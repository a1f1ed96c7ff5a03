/** Services that apply their own spec to one machine, in any order and two at once: in the end all of them are there. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { type InstalledNginx, installNginx } from '../../deploy/installed-nginx.ts';
import { times } from '../../everything.ts';
import { runKeepgate } from '../../run-keepgate.ts';
import { fixture, Image } from './image.ts';
import { inPairs, shuffled } from './shuffled.ts';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `s${index + 10}`);

it('forty, in any order: the same bytes', { timeout: 600_000 }, async () => {
  const image = new Image();
  const paths = names(40).map((site, index) =>
    image.service({
      site,
      port: 9100 + index,
      ...(index % 3 === 0 && { more: [`listen: {http: ${8000 + index}, https: ${8400 + index}}`] }),
      ...(index % 5 === 0 && { nginx: 'defaultServer: https' }),
    }),
  );
  const trees: Record<string, string>[] = [];
  for (let seed = 1; seed <= times(8, 2); seed++) {
    rmSync(image.etc, { recursive: true });
    for (const name of ['conf.d', 'sites-available', 'sites-enabled'])
      mkdirSync(join(image.etc, name), { recursive: true });
    writeFileSync(join(image.etc, 'nginx.conf'), 'events {}\nhttp {}\n');
    for (const path of shuffled(paths, seed)) await image.done('apply', path);
    trees.push(image.tree);
  }
  const [first = {}, ...others] = trees;
  expect(image.sites).toEqual(names(40));
  for (const tree of others) expect(tree).toEqual(first);
});

it('two at once, beside what 0.1.0 installed', { timeout: 600_000 }, async () => {
  const image = new Image(fixture);
  const sites = names(times(40, 8));
  const paths = sites.map((site, index) => image.service({ site, port: 9100 + index }));
  await inPairs(shuffled(paths, 7), async (path) => {
    const at = { cwd: image.folder, env: { PATH: '/nowhere' } };
    expect(await runKeepgate(['apply', path, '--root', 'image'], at)).toMatchObject({ exitCode: 0 });
  });
  expect(image.sites).toEqual(['api', ...sites, 'shop']);
  expect((await image.run(['status'])).exitCode).toBe(0);
});

it('two at once, to an nginx that runs and is reloaded', { timeout: 900_000 }, async () => {
  const nginx = await installNginx('trixie');
  try {
    await nginx.start();
    const sites = names(times(40, 6));
    await inPairs(shuffled(sites, 3), async (site) => {
      const run = await nginx.keepgate(['apply', service(nginx, site), '--sandbox', 'none']);
      expect(run).toMatchObject({ exitCode: 0 });
    });
    for (const site of sites)
      expect(await servedNames(nginx.ports.https, `${site}.example.com`)).toBe(`DNS:${site}.example.com`);
    expect(await nginx.test()).toBe('');
    expect(nginx.log()).not.toMatch(/\[(?:emerg|alert|crit)\]/);
  } finally {
    await nginx.remove();
  }
});

it('who waits says for whom', { timeout: 120_000 }, async () => {
  const nginx = await installNginx('trixie');
  try {
    await nginx.start();
    const both = await Promise.all(
      ['a', 'b'].map((site) => nginx.keepgate(['apply', service(nginx, site), '--sandbox', 'none'])),
    );
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const waited = both.filter(({ stderr }) => /^waiting for process \d+, which is changing \/.*nginx$/m.test(stderr));
    expect(waited).toHaveLength(1);
  } finally {
    await nginx.remove();
  }
});

/** Writes the spec of a service that shares the sockets of this nginx with all others. */
function service({ folder, store, ports }: InstalledNginx, site: string): string {
  const path = join(folder, `${site}.yaml`);
  writeFileSync(
    path,
    `version: 1
acme: {store: ${store}}
sites:
  ${site}:
    hosts: [${site}.example.com]
    upstream: http://127.0.0.1:9000
    listen: {addresses: [127.0.0.1], http: ${ports.http}, https: ${ports.https}}
`,
  );
  return path;
}

/** What the certificate is for that is served for a name. */
function servedNames(port: number, servername: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subjectaltname);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
