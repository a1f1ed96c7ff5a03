/** What two specs on one machine owe each other. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { main } from '../../../src/cli/program.ts';
import { inFolder } from '../../../src/deploy/install-folder.ts';
import { withInstallLock } from '../../../src/deploy/state-folder.ts';
import { keepgateAt } from '../../in-process.ts';
import { nginxOf } from '../../parts.ts';
import { runKeepgate } from '../../run-keepgate.ts';
import { Image, type Service, specOf } from './image.ts';

const a: Service = { site: 'a', port: 9001 };
const b: Service = { site: 'b', port: 9002 };

async function both(first: Service = a, second: Service = b) {
  const image = new Image();
  const [one, two] = [image.service(first), image.service(second)];
  await image.done('apply', one);
  return { image, one, two };
}

describe('a spec', () => {
  it('adds, changes and removes its own sites alone', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    expect(image.sites).toEqual(['a', 'b']);
    const text = image.text('b');
    writeFileSync(
      one,
      `${specOf({ ...a, port: 9101 })}  more:\n    hosts: [m.example.com]\n    upstream: http://127.0.0.1:9103\n`,
    );
    await image.done('apply', one);
    expect(image.sites).toEqual(['a', 'b', 'more']);
    writeFileSync(one, specOf({ ...a, port: 9101 }));
    expect((await image.run(['diff', one])).stdout).not.toContain('keepgate_b');
    await image.done('apply', one);
    expect(image.sites).toEqual(['a', 'b']);
    expect(image.text('a')).toContain('127.0.0.1:9101');
    expect(image.text('b')).toBe(text);
    for (const spec of [one, two]) {
      expect(await image.run(['diff', spec])).toMatchObject({ exitCode: 0, stdout: '' });
      expect((await image.done('apply', spec)).stderr).toContain('nothing was written');
    }
  });

  it('leaves the file of another alone, though somebody has changed it', async () => {
    const { image, one, two } = await both();
    writeFileSync(join(image.etc, 'sites-available/keepgate_a.conf'), '# mine\n');
    await image.done('apply', two);
    expect(image.text('a')).toBe('# mine\n');
    expect(await image.refused('apply', one)).toContain('error hand-edited');
  });

  it.each(['status', 'remove'])(
    'is not opened by %s where something else is in the place of its file',
    async (command) => {
      const { image } = await both();
      const path = join(image.etc, 'sites-available/keepgate_a.conf');
      rmSync(path);
      execFileSync('mkfifo', [path]);
      // A FIFO that is opened would hold it up for ever, so it runs in a process of its own.
      const args = command === 'status' ? ['status'] : ['remove', 'a', '--dry-run'];
      const { exitCode } = await runKeepgate([...args, '--root', 'image'], { cwd: image.folder, timeout: 20_000 });
      expect(exitCode).toBe(command === 'status' ? 3 : 0);
    },
  );

  it('shares the file that is made for all, whoever comes last', async () => {
    const { image, two } = await both({ ...a, more: ['listen: {http: 8000, https: 8443}'] });
    await image.done('apply', two);
    for (const socket of ['80', '443', '8000', '8443']) expect(image.shared).toContain(`listen ${socket} `);
  });

  it('may have a name of punycode, and be applied, shown and removed by it', async () => {
    const { image, one } = await both({ ...a, site: 'xn--bcher-kva.example', hosts: ['bücher.example'] });
    expect((await image.done('apply', one)).stderr).toContain('nothing was written');
    expect((await image.run(['status'])).stdout).toContain('xn--bcher-kva.example');
    expect(await image.run(['remove', 'xn--bcher-kva.example'])).toMatchObject({ exitCode: 0 });
  });

  it('is the same by whatever path it is named', async () => {
    const { image } = await both();
    mkdirSync(join(image.folder, 'srv/deep'));
    const again = await image.run(['apply', '../a.yaml'], 'srv/deep');
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('nothing was written') });
    expect(image.sites).toEqual(['a']);
  });

  it('of two files is two specs, each of its own sites', async () => {
    const { image, one, two } = await both(a, { ...b, version: '' });
    await image.done('apply', one, two);
    writeFileSync(two, specOf({ ...b, site: 'c' }));
    await image.done('apply', two);
    expect(image.sites).toEqual(['a', 'c']);
  });
});

describe('the same site in two specs', () => {
  it('is refused with both sides', async () => {
    const { image, one } = await both();
    const other = image.service({ ...a, hosts: ['other.example.com'] }, 'elsewhere/keepgate.yaml');
    const before = image.tree;
    const said = await image.refused('apply', other);
    expect(said).toContain('elsewhere/keepgate.yaml:4:3: error site-of-another-spec');
    expect(said).toContain(`the site "a" belongs to the spec ${one} already`);
    expect(said).toContain('keepgate apply --adopt a');
    expect(image.tree).toEqual(before);
  });

  it('is taken over by --adopt, once', async () => {
    const { image, one } = await both();
    const moved = join(image.folder, 'moved.yaml');
    renameSync(one, moved);
    expect(await image.refused('apply', moved)).toContain('That file is gone. Where this spec has taken its place');
    await image.done('apply', moved, '--adopt', 'a');
    await image.done('apply', moved);
    await image.done('apply', moved, '--adopt', 'a');
    image.service(a);
    expect(await image.refused('apply', one)).toContain(`belongs to the spec ${moved} already`);
  });

  it('--adopt takes a whole spec by its path, and what the new one lacks goes', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two, '--adopt', one);
    expect(image.sites).toEqual(['b']);
    expect(await image.refused('apply', two, '--adopt', 'nobody')).toContain('error adopt-unknown: --adopt nobody');
  });

  it('--adopt takes no site that this spec does not have', async () => {
    const { image, one, two } = await both();
    const before = image.tree;
    expect(await image.refused('apply', two, '--adopt', 'a')).toContain('error adopt-unknown: --adopt a');
    expect(image.tree).toEqual(before);
    // A spec of that name is meant where this spec has no such site, and the site where it has one.
    await image.done('apply', one, '--as', 'b', '--adopt', one);
    const more = `${specOf(b)}  a:\n    hosts: [new.example.com]\n    upstream: http://127.0.0.1:1\n`;
    writeFileSync(two, more);
    expect(await image.refused('apply', two, '--adopt', 'b')).toContain('the site "a" belongs to the spec b already');
    writeFileSync(two, specOf({ ...b, site: 'c' }));
    await image.done('apply', two, '--adopt', 'b');
    expect(image.sites).toEqual(['c']);
  });

  it('a folder and a file of it', async () => {
    const { image, one } = await both(a, { ...b, version: '' });
    expect(await image.refused('apply', join(image.folder, 'srv'))).toContain(
      'That file lies in the folder given here',
    );
    await image.done('apply', join(image.folder, 'srv'), '--adopt', 'a');
    expect(image.sites).toEqual(['a', 'b']);
    expect(await image.refused('apply', one)).toContain('That is a folder which holds this file');
  });
});

describe('the same in two specs', () => {
  it.each<[string, string, Service, Service]>([
    ['duplicate-host', 'belongs to the site "a" (of the spec SPEC)', a, { ...b, hosts: ['a.example.com'] }],
    [
      'setting-of-another-spec',
      'nginx.defaultServer is https here and off in the spec SPEC',
      { ...a, nginx: 'defaultServer: off' },
      { ...b, nginx: 'defaultServer: https' },
    ],
    [
      'setting-of-another-spec',
      'nginx.target is {version: "1.24.0", openssl: "1.1.1"} here and {version: "1.26.3", openssl: "1.1.1"} in the spec SPEC',
      a,
      { ...b, version: '1.24.0' },
    ],
    [
      'tls-profile-collision',
      'the TLS profile modern of "b" and intermediate of "a" (of the spec SPEC)',
      a,
      { ...b, more: ['tls: {profile: modern}'] },
    ],
    [
      'http2-collision',
      'http2: false of "b" and true of "a" (of the spec SPEC)',
      { ...a, version: '1.22.1' },
      { ...b, version: '1.22.1', more: ['http2: false'] },
    ],
    [
      'port-collision',
      '443 is for http here and for https of the site "a" (of the spec SPEC)',
      a,
      { ...b, more: ['listen: {http: 443, https: 8443}'] },
    ],
  ])('%s', async (code, message, first, second) => {
    const { image, one, two } = await both(first, second);
    const before = image.tree;
    const said = await image.refused('apply', two);
    expect(said).toContain(`error ${code}`);
    expect(said).toContain(message.replace('SPEC', one));
    expect(image.tree).toEqual(before);
    // each alone is right
    const other = new Image();
    await other.done('apply', other.service(second));
  });

  it('an address of its own hides the other, whoever comes last', async () => {
    const own = { ...b, more: ['listen: {addresses: [127.0.0.1]}'] };
    for (const [first, second] of [
      [a, own],
      [own, a],
    ] as const) {
      const { image, one, two } = await both(first, second);
      const { stderr } = await image.done('apply', two);
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
        /warning specific-address-shadows: nginx gives what arrives at 127\.0\.0\.1:80/,
      );
      expect(stderr).toContain(`(of the spec ${one})`);
    }
  });

  it('a host on other sockets is no conflict', async () => {
    const { image, two } = await both(a, {
      ...b,
      hosts: ['a.example.com'],
      more: ['listen: {http: 8000, https: 8443}'],
    });
    await image.done('apply', two);
    expect(image.sites).toEqual(['a', 'b']);
  });

  it('what a spec does not say agrees with anything', async () => {
    const { image, one, two } = await both({ ...a, nginx: 'defaultServer: https' });
    const alone = image.shared;
    await image.done('apply', two);
    expect(image.shared).toBe(alone);
    writeFileSync(one, specOf(a));
    await image.done('apply', one);
    expect(image.shared).toContain('listen 80 default_server');
  });
});

describe('the nginx that the shared file is made for', () => {
  const auto = { ...b, version: '' };
  const target = (image: Image) =>
    JSON.parse(readFileSync(join(image.etc, 'keepgate.manifest.json'), 'utf8')).target.version;

  it('is the one that a spec names, whichever came last', async () => {
    const made = [];
    for (const order of [
      [a, auto],
      [auto, a],
      [a, auto, a],
    ]) {
      const image = new Image();
      for (const service of order) {
        const spec = image.service(service);
        await image.done('apply', spec, '--nginx', nginxOf('bookworm'), '--sandbox', 'none');
      }
      made.push({ shared: image.shared, target: target(image) });
    }
    expect(made).toEqual([made[0], made[0], made[0]]);
    expect(made[0]).toMatchObject({ target: '1.26.3' });
  });

  it('changes with the one spec that names it, or with all that do at once', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    for (const spec of [image.service({ ...a, version: '1.24.0' }), image.service({ ...b, version: '1.24.0' })])
      expect(await image.refused('apply', spec)).toContain('setting-of-another-spec');
    image.service({ ...b, version: '' });
    await image.done('apply', one, two);
    image.service({ ...b, version: '1.24.0' });
    await image.done('apply', two);
    expect(target(image)).toBe('1.24.0');
  });
});

describe('check --live', () => {
  const check = async (image: Image, spec: string) => {
    const { stdout } = await image.check(spec);
    return stdout.replaceAll(/\s+/g, ' ');
  };

  it('knows what other specs have there', async () => {
    const { image, two } = await both({ ...a, nginx: 'defaultServer: https' });
    writeFileSync(
      join(image.etc, 'nginx.conf'),
      'events {}\nhttp { include conf.d/*.conf; include sites-enabled/*; }\n',
    );
    writeFileSync(join(image.etc, 'conf.d/own.conf'), 'server { listen 80 default_server; return 404; }\n');
    expect(await check(image, two)).not.toContain('error');
    const other = image.service({ ...a, hosts: ['x.example.com'] }, 'x.yaml');
    expect(await check(image, other)).toContain('error site-of-another-spec');
    const host = image.service({ ...b, hosts: ['a.example.com'] }, 'y.yaml');
    expect(await check(image, host)).toContain('error duplicate-host');
  });
});

describe('--prune', () => {
  it('removes the sites of others, which diff and --dry-run show before', async () => {
    const { image, two } = await both();
    await image.done('apply', two);
    expect((await image.run(['diff', two, '--prune'])).stdout).toContain('keepgate_a.conf');
    expect((await image.done('apply', two, '--prune', '--dry-run')).stderr).toMatch(/would remove \S+keepgate_a\.conf/);
    expect(image.sites).toEqual(['a', 'b']);
    await image.done('apply', two, '--prune');
    expect(image.sites).toEqual(['b']);
    await image.done('rollback', two);
    expect(image.sites).toEqual(['a', 'b']);
    const same = image.service({ ...a, hosts: ['same.example.com'] }, 'same.yaml');
    await image.done('apply', same, '--prune');
    expect(image.sites).toEqual(['a']);
    await image.done('rollback', two, '--to', '4');
    expect(image.sites).toEqual(['a', 'b']);
  });

  it('names each site that goes and its spec, before it acts', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    const third = image.service({ site: 'c' });
    const line = (verb: string, site: string, spec: string) => `${verb} the site "${site}" of the spec ${spec}\n`;
    const planned = await image.done('apply', third, '--prune', '--dry-run');
    expect(planned.stderr).toContain(line('would remove', 'a', one) + line('would remove', 'b', two));
    const { stdout, stderr } = await image.done('apply', third, '--prune', '--format', 'json');
    expect(stderr).toBe(line('removes', 'a', one) + line('removes', 'b', two));
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'installed',
      removedSites: [
        { site: 'a', spec: one },
        { site: 'b', spec: two },
      ],
    });
    const again = await image.done('apply', third, '--prune', '--format', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'unchanged', removedSites: [] });
    await image.done('rollback', third);
    const seen: (readonly [string, string[]])[] = [];
    const exitCode = await main(['apply', two, '--adopt', one, '--root', join(image.folder, 'image')], {
      ...{ stdin: Readable.from([]), stdout: { write: () => undefined }, env: {}, cwd: image.folder },
      stderr: { write: (text) => seen.push([text, image.sites]) },
      now: () => new Date(),
    });
    expect(exitCode).toBe(0);
    expect(seen[0]).toEqual([line('removes', 'a', one), ['a', 'b']]);
    expect(image.sites).toEqual(['b']);
  });
});

describe('--as', () => {
  it('names what comes from standard input, and has to', async () => {
    const image = new Image();
    const apply = (...words: string[]) =>
      runKeepgate(['apply', '-', '--root', 'image', ...words], {
        cwd: image.folder,
        input: specOf(a),
        env: { PATH: '/nowhere' },
      });
    expect(await apply()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--as NAME') });
    expect(await apply('--as', 'sh op')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('letters, digits'),
    });
    expect(await apply('--as', 'shop')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('rollback --as shop --to 1'),
    });
    await image.done('apply', image.service(b));
    expect(image.sites).toEqual(['a', 'b']);
  });

  it('is the same spec in another checkout', async () => {
    const image = new Image();
    await image.done('apply', image.service(a, 'builds/1/a.yaml'), '--as', 'shop');
    await image.done('apply', image.service({ ...b }, 'builds/2/b.yaml'), '--as', 'shop');
    expect(image.sites).toEqual(['b']);
    await image.done('rollback', 'shop');
    expect(image.sites).toEqual(['a']);
  });
});

describe('rollback', () => {
  it("undoes this spec's last apply, and leaves what others did since", async () => {
    const { image, one, two } = await both();
    const was = image.text('a');
    writeFileSync(one, specOf({ ...a, port: 9101 }));
    await image.done('apply', one);
    await image.done('apply', two);
    const now = image.tree;
    await image.done('rollback', one);
    expect(image.text('a')).toBe(was);
    expect(image.sites).toEqual(['a', 'b']);
    expect(image.text('b')).toBe(now['sites-available/keepgate_b.conf']);
    expect(image.shared).toBe(now['conf.d/keepgate.conf']);
    await image.done('rollback', two);
    expect(image.sites).toEqual(['a']);
    await image.done('apply', one);
    await image.done('apply', two);
    expect(image.tree).toEqual(now);
  });

  it('asks which one where there are several, and takes all with --all', async () => {
    const { image, one, two } = await both();
    const first = image.tree;
    await image.done('apply', two);
    expect(await image.run(['rollback'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(`several specs.*--all: ${one}, ${two}`),
    });
    expect(await image.run(['rollback', 'srv/c.yaml'])).toMatchObject({ exitCode: 1 });
    await image.done('rollback', '--all');
    expect(image.tree).toEqual(first);
  });

  it('takes the only spec that has sites now, whatever others there were', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two, '--prune');
    writeFileSync(two, specOf({ ...b, port: 9202 }));
    const { stderr } = await image.done('apply', two);
    expect(stderr).toContain(`undo it with: keepgate rollback ${two} --to `);
    expect(await image.run(['rollback'])).toMatchObject({ exitCode: 0 });
    expect(image.text('b')).toContain('127.0.0.1:9002');
    expect(existsSync(one)).toBe(true);
  });

  it('takes the spec of the working folder, or the only one', async () => {
    const image = new Image();
    image.service(a, 'one/keepgate.yaml');
    image.service(b, 'two/keepgate.yaml');
    const run = (folder: string, ...args: string[]) => image.run(args, folder);
    expect(await run('one', 'apply')).toMatchObject({ exitCode: 0 });
    expect(await run('two', 'rollback')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /rollback-unknown: nothing of the spec \S+two\/keepgate\.yaml[\s\S]*one\/keepgate\.yaml/,
      ),
    });
    expect(await run('two', 'rollback', '--as', 'two')).toMatchObject({ exitCode: 1 });
    expect(image.sites).toEqual(['a']);
    expect(await run('.', 'rollback')).toMatchObject({ exitCode: 0 });
    expect(image.sites).toEqual([]);
    for (const folder of ['one', 'two']) expect(await run(folder, 'apply')).toMatchObject({ exitCode: 0 });
    expect(await run('one', 'rollback')).toMatchObject({ exitCode: 0 });
    expect(image.sites).toEqual(['b']);
  });

  it('does not give a site back that another spec has by now', async () => {
    const { image, one } = await both();
    writeFileSync(one, specOf({ ...a, site: 'other' }));
    await image.done('apply', one);
    await image.done('apply', image.service({ ...a, hosts: ['new.example.com'] }, 'srv/new.yaml'));
    expect(await image.refused('rollback', one)).toContain(
      `the site "a" belongs to the spec ${join(image.folder, 'srv/new.yaml')} by now`,
    );
    await image.done('apply', image.service({ ...b, hosts: ['a.example.com'] }, 'srv/new.yaml'));
    expect(await image.refused('rollback', one)).toContain(
      `the host "a.example.com" of the site "a" (of the spec ${one}) belongs to "b"`,
    );
  });

  it.each<[string, string, Service, Service, Service]>([
    [
      'setting-of-another-spec',
      'nginx.defaultServer was off in the spec TWO and is https in the spec ONE; a machine has one',
      { ...b, nginx: 'defaultServer: off' },
      b,
      { ...a, nginx: 'defaultServer: https' },
    ],
    [
      'setting-of-another-spec',
      'nginx.target was {version: "1.24.0", openssl: "1.1.1"} in the spec TWO and is {version: "1.26.3", openssl: "1.1.1"} in the spec ONE',
      { ...b, version: '1.24.0' },
      b,
      a,
    ],
    [
      'tls-profile-collision',
      `the TLS profile modern of "b" (of the spec TWO) and intermediate of "a" (of the spec ONE) can't share 443`,
      { ...b, more: ['tls: {profile: modern}'] },
      b,
      a,
    ],
    [
      'http2-collision',
      `http2: false of "b" (of the spec TWO) and true of "a" (of the spec ONE) can't share 443`,
      { ...b, version: '1.22.1', more: ['http2: false'] },
      { ...b, version: '1.22.1' },
      { ...a, version: '1.22.1' },
    ],
    [
      'port-collision',
      '443 is for http in the site "b" (of the spec TWO) and for https in "a" (of the spec ONE)',
      { ...b, more: ['listen: {http: 443, https: 8443}'] },
      b,
      a,
    ],
    [
      'duplicate-host',
      'the host "a.example.com" of the site "b" (of the spec TWO) belongs to "a" (of the spec ONE) by now',
      { ...b, hosts: ['a.example.com'] },
      b,
      a,
    ],
  ])('brings back nothing that another spec forbids by now: %s, %s', async (code, message, old, changed, other) => {
    const image = new Image();
    const two = image.service(old);
    await image.done('apply', two);
    image.service(changed);
    await image.done('apply', two);
    const one = image.service(other);
    await image.done('apply', one);
    const before = image.tree;
    for (const words of [[], ['--to', '2']]) {
      const said = await image.refused('rollback', two, ...words);
      expect(said).toContain(`error ${code}`);
      expect(said).toContain(message.replace('TWO', two).replace('ONE', one));
    }
    expect(image.tree).toEqual(before);
    await image.done('rollback', '--all', '--to', '2');
    expect(image.sites).toEqual(['b']);
  });

  it('brings back what both specs have a reason for', async () => {
    const more = ['lint: {ignore: [{code: tls-profile-collision, reason: one client alone}]}'];
    const { image, two } = await both({ ...a, more }, { ...b, more: [...more, 'tls: {profile: modern}'] });
    await image.done('apply', two);
    const before = image.tree;
    image.service({ ...b, port: 9102 });
    await image.done('apply', two);
    await image.done('rollback', two);
    expect(image.tree).toEqual(before);
  });

  it('the undo hint leads back to the state that there was', async () => {
    const image = new Image();
    const spec = image.service(a);
    const states: string[] = [];
    for (const port of [9001, 9002, 9003]) {
      writeFileSync(spec, specOf({ ...a, port }));
      await image.done('apply', spec);
      states.push(image.text('a'));
    }
    const { stderr } = await image.done('rollback', spec, '--to', '1');
    expect(image.sites).toEqual([]);
    const [, hint = ''] = /undo it with: keepgate (.*)/.exec(stderr) ?? [];
    await image.done(
      ...hint
        .split(' ')
        .filter((word) => word !== '--root')
        .slice(0, -1),
    );
    expect(image.text('a')).toBe(states[2]);
  });

  it('keeps the last change of each spec, however many others follow', async () => {
    const { image, one, two } = await both();
    for (let port = 9100; port < 9112; port++) {
      writeFileSync(two, specOf({ ...b, port }));
      await image.done('apply', two);
    }
    await image.done('rollback', one);
    expect(image.sites).toEqual(['b']);
  });
});

describe('remove and status', () => {
  it('remove takes one out, says what stays, and is undone', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    const before = image.tree;
    expect((await image.done('remove', 'a', '--dry-run')).stderr).toMatch(/would remove \S+keepgate_a\.conf/);
    expect(image.tree).toEqual(before);
    const { stderr } = await image.done('remove', 'a');
    expect(stderr).toContain('the certificate of a stays: /var/lib/keepgate/live/a/fullchain.pem');
    expect(stderr).toContain(`the next apply of ${one} brings a back`);
    expect(image.sites).toEqual(['b']);
    expect(existsSync(join(image.folder, 'image/var/lib/keepgate/live/a/fullchain.pem'))).toBe(true);
    await image.done('rollback', one);
    expect(image.tree).toEqual(before);
    await image.done('remove', 'a');
    await image.done('apply', one);
    expect(image.tree).toEqual(before);
    await image.done('remove', 'a');
    await image.done('remove', 'b');
    expect(image.sites).toEqual([]);
    expect(await image.refused('remove', 'c')).toContain('error site-unknown');
  });

  it('status says what is installed, and what is not as it was left', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    const status = async () => {
      const { exitCode, stdout } = await image.run(['status', '--format', 'json']);
      const { sites, shared } = JSON.parse(stdout);
      return { exitCode, shared, sites: Object.fromEntries(sites.map((site: { site: string }) => [site.site, site])) };
    };
    expect(await status()).toMatchObject({
      exitCode: 0,
      shared: [],
      sites: {
        a: { spec: one, hosts: ['a.example.com'], drift: [], certificate: { state: 'stand-in' } },
        b: { spec: two, drift: [] },
      },
    });
    const { stdout } = await image.run(['status']);
    expect(stdout).toMatch(/^SITE +HOSTS +SPEC +CERTIFICATE +DRIFT$/m);
    expect(stdout).toMatch(new RegExp(`^a +a\\.example\\.com +${one} +stand-in +-$`, 'm'));
    writeFileSync(one, `# a word more\n${specOf(a)}`);
    expect(await status()).toMatchObject({ exitCode: 0 });
    writeFileSync(one, specOf({ ...a, port: 1234 }));
    rmSync(two);
    expect(await status()).toMatchObject({
      exitCode: 3,
      sites: { a: { drift: ['spec-changed'] }, b: { drift: ['spec-gone'] } },
    });
    writeFileSync(one, specOf(a));
    image.service(b);
    rmSync(join(image.etc, 'sites-enabled/keepgate_a.conf'));
    writeFileSync(join(image.etc, 'sites-available/keepgate_b.conf'), 'x');
    expect(await status()).toMatchObject({
      exitCode: 3,
      sites: { a: { drift: ['missing'] }, b: { drift: ['hand-edited'] } },
    });
  });

  it('nothing installed is nothing due', async () => {
    const image = new Image();
    expect(await image.run(['status'])).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing'),
    });
  });
});

describe('render --out', () => {
  it('into a folder of several specs keeps those of the others', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    const before = image.tree;
    const out = (spec: string) =>
      runKeepgate(['render', spec, '--out', image.etc], { cwd: image.folder, env: { PATH: '/nowhere' } });
    expect(await out(one)).toMatchObject({ exitCode: 0 });
    expect(image.tree).toEqual(before);
    writeFileSync(one, specOf({ ...a, port: 9101 }));
    expect(await out(one)).toMatchObject({ exitCode: 0 });
    expect(image.sites).toEqual(['a', 'b']);
    expect(image.text('a')).toContain(':9101');
    const other = image.service({ ...a, hosts: ['x.example.com'] }, 'x.yaml');
    expect(await out(other)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('site-of-another-spec') });
  });

  it('waits for a run that is at work there, and keeps what that installs', async () => {
    const { image, one, two } = await both();
    await image.done('apply', two);
    const after = join(image.folder, 'after');
    const copy = (from: string, to: string) =>
      cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.keepgate') });
    copy(image.etc, after);
    await image.done('rollback', two);
    writeFileSync(one, specOf({ ...a, port: 9101 }));
    const render = () => keepgateAt(['render', one, '--out', image.etc], { cwd: image.folder, now: () => new Date() });
    const { running } = await inFolder(image.etc, (tree) =>
      withInstallLock(tree, { wait: 0 }, async () => {
        const running = render();
        expect(await Promise.race([running, sleep(500, 'waits')])).toBe('waits');
        copy(after, image.etc);
        return { running };
      }),
    );
    const { exitCode, stderr } = await running;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('waiting for process') });
    expect(image.sites).toEqual(['a', 'b']);
    expect(image.text('a')).toContain(':9101');
    for (const spec of [one, two]) expect((await image.done('apply', spec)).stderr).toContain('nothing was written');
  });

  it('into any other folder removes what is gone from its configuration', async () => {
    const image = new Image();
    const out = async (spec: string) => {
      const run = await runKeepgate(['render', spec, '--out', 'site'], {
        cwd: image.folder,
        env: { PATH: '/nowhere' },
      });
      expect(run).toMatchObject({ exitCode: 0 });
    };
    await out(image.service(a));
    await out(image.service(b));
    expect(existsSync(join(image.folder, 'site/.keepgate'))).toBe(false);
    expect(existsSync(join(image.folder, 'site/sites-available/keepgate_a.conf'))).toBe(false);
    expect(readFileSync(join(image.folder, 'site/keepgate.manifest.json'), 'utf8')).not.toContain(image.folder);
  });
});

describe('a manifest that can not be trusted', () => {
  const forged =
    (change: (specs: Record<string, { sites: Record<string, Record<string, unknown>> }>) => void) => async () => {
      const { image, one, two } = await both();
      const path = join(image.etc, 'keepgate.manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8'));
      change(manifest.specs);
      writeFileSync(path, JSON.stringify(manifest));
      const before = image.tree;
      for (const words of [
        ['apply', two],
        ['remove', 'a'],
        ['rollback', one],
      ]) {
        const { exitCode, stderr } = await image.run(words);
        expect({ words, exitCode, stderr }).toMatchObject({
          exitCode: 1,
          stderr: expect.stringContaining('manifest-damaged'),
        });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
        expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
      }
      expect(image.tree).toEqual(before);
    };
  const first = <T>(record: Record<string, T>): T => Object.values(record)[0] as T;
  it(
    'a spec with control characters in its name',
    forged((specs) => Object.assign(specs, { '/a\u001b[2J': first(specs) })),
  );
  it(
    'a socket that is none',
    forged((specs) => Object.assign(first(first(specs).sites), { https: ['unix:/x'] })),
  );
  it(
    'a host that is none',
    forged((specs) => Object.assign(first(first(specs).sites), { hosts: ['a;b'] })),
  );
  it(
    'a target that is none',
    forged((specs) =>
      Object.assign(first(specs), { settings: { target: { version: '1.26.3', openssl: '\u001b[2J' } } }),
    ),
  );
  it(
    'a site of no name',
    forged((specs) => Object.assign(first(specs).sites, { '../x': first(first(specs).sites) })),
  );
  it(
    'a record that is none',
    forged((specs) => Object.assign(specs, { b: 1 })),
  );
});
