/** `check` with an nginx that was built by hand: its logs, its temporary folders and the program share a folder. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { handBuilt, haveRun } from '../nginx/hand-built.ts';
import { parts } from '../parts.ts';
import { minimal, Workplace } from './workplace.ts';

const place = new Workplace();
chmodSync(place.folder, 0o755);
const program = resolve('dist/bin.js');
const passed = 'nginx 1.22.1 accepts what is rendered for it (nginx -t, in a sandbox)\n';

const check = (nginx: string) => place.keepgate(['check', '--sandbox', 'bwrap', '--nginx', nginx]);

it('in a prefix of its own: before it has run, and after', async () => {
  place.write('keepgate.yaml', minimal());
  const prefix = join(place.folder, 'nginx-1.22');
  const nginx = handBuilt(prefix);
  expect(await check(nginx)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(passed) });
  expect(readdirSync(prefix).sort()).toEqual(['logs', 'root', 'sbin']);
  haveRun(prefix);
  expect(await check(nginx)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(passed) });
});

it('in a prefix where the spec has its certificates too', async () => {
  const prefix = join(place.folder, 'nginx-tls');
  const nginx = handBuilt(prefix);
  // of the machine's own nginx -t would say that it is none
  place.write('nginx-tls/tls/chain.pem', 'not a certificate');
  const tls = `    tls: {certificate: {cert: ${prefix}/tls/chain.pem, key: ${prefix}/tls/key.pem}}\n`;
  place.write('keepgate.yaml', minimal(tls));
  const { stdout } = await check(nginx);
  expect(stdout).toContain(passed);
});

it('that writes its pid file beside its folders', async () => {
  const prefix = join(place.folder, 'nginx-pid');
  const nginx = handBuilt(prefix);
  const conf = `${prefix}/etc/nginx`;
  mkdirSync(conf, { recursive: true });
  writeFileSync(join(prefix, 'nginx.pid'), '1\n');
  writeFileSync(
    join(conf, 'nginx.conf'),
    `pid ${prefix}/nginx.pid;\nevents { }\nhttp {\n  client_body_temp_path ${prefix}/body;\n  include conf.d/*.conf;\n  include sites-enabled/*;\n}\n`,
  );
  place.write('keepgate.yaml', minimal());
  expect(await check(nginx)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(passed) });
});

it('in /usr/local/nginx, where it has never run', async () => {
  place.write('keepgate.yaml', minimal());
  const files = join(place.folder, 'usr-local-nginx');
  const nginx = handBuilt(files, { prefix: '/usr/local/nginx' });
  const own = readdirSync('/usr/local').flatMap((name) => ['--ro-bind', `/usr/local/${name}`, `/usr/local/${name}`]);
  const machine = ['--dev-bind', '/', '/', '--tmpfs', '/usr/local', ...own, '--ro-bind', files, '/usr/local/nginx'];
  const keepgate = [process.execPath, program, 'check', '--sandbox', 'bwrap', '--nginx', nginx];
  const result = await execa(parts.bwrap, [...machine, ...keepgate], { cwd: place.folder, reject: false });
  expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(passed.trim()) });
});

describe('a fork', () => {
  const says = readFileSync('test/model/nginx-V/angie-later.txt', 'utf8')
    .replace('--prefix=/etc/angie --conf-path=/etc/angie/angie.conf', '--prefix=PREFIX')
    .trimEnd();
  const angie = () =>
    handBuilt(join(place.folder, 'angie'), {
      suite: 'trixie',
      says,
      fork: { name: 'angie', lacks: 'keepalive_min_timeout' },
    });

  it('is called by its name, gets what it knows, and its words are understood', async () => {
    const nginx = angie();
    place.write('keepgate.yaml', minimal());
    const { exitCode, stdout } = await check(nginx);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(
        'Angie 1.13.0 (nginx 1.31.2) accepts what is rendered for it (nginx -t, in a sandbox)\n',
      ),
    });
    const other = place.write('other.yaml', `${minimal()}nginx: {target: {version: 1.31.2, fork: Angie/1.12.0}}\n`);
    expect((await place.keepgate(['check', other, '--nginx', nginx])).stdout).toContain(
      'the spec is for Angie 1.12.0 (nginx 1.31.2), which none of --nginx has: Angie 1.13.0 (nginx 1.31.2)\n',
    );
    const raw = place.write('raw.yaml', minimal('    raw: |\n      listn 81;\n'));
    const refused = await place.keepgate(['check', raw, '--allow-raw', '--sandbox', 'bwrap', '--nginx', nginx]);
    expect(refused).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('error nginx-refused: Angie 1.13.0 (nginx 1.31.2): unknown directive "listn"'),
    });
  });
});

it('without TLS is refused in plain words', async () => {
  const nginx = handBuilt(join(place.folder, 'bare'), {
    says: 'nginx version: nginx/1.22.1\nconfigure arguments: --prefix=PREFIX',
  });
  place.write('keepgate.yaml', minimal());
  const { exitCode, stdout } = await check(nginx);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(
    "error module-missing: this nginx 1.22.1 is built without http_ssl_module: it can't serve HTTPS\n",
  );
  expect(stdout).not.toContain('nginx-refused');
});
