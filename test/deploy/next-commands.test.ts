/** The lines that `render --out` ends with, run as they are printed on a stock Debian of every suite. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Suite, suites } from '../parts.ts';
import { type StockMachine, stockMachine } from './stock-machine.ts';

const spec = `version: 1
sites:
  api:
    hosts: [api.example.com]
    upstream: http://127.0.0.1:8080
  web:
    hosts: [www.example.com]
    upstream: http://127.0.0.1:8081
    tls: {certificate: self-signed}
`;

/** Asks the nginx of the machine, until the new configuration alone answers or 25 s are over. */
const probe = `
import { request } from 'node:http';
import { connect } from 'node:tls';
const ask = (host) => new Promise((resolve) => {
  const asked = request({ host: '127.0.0.1', port: 80, path: '/a%2Fb?c', headers: { host } }, (answer) => {
    answer.resume();
    resolve([answer.statusCode, answer.headers.location ?? answer.headers.server]);
  });
  asked.on('error', (error) => resolve(error.code));
  asked.end();
});
const served = (servername) => new Promise((resolve) => {
  const socket = connect({ host: '127.0.0.1', port: 443, servername, rejectUnauthorized: false }, () => {
    const { subject, subjectaltname } = socket.getPeerCertificate();
    socket.destroy();
    resolve([subject.CN, subjectaltname]);
  });
  socket.on('error', (error) => resolve(error.code));
});
const hosts = process.argv.slice(2);
let answers, stranger;
for (const end = Date.now() + 25_000; Date.now() < end; await new Promise((next) => setTimeout(next, 50))) {
  [answers, stranger] = [await ask(hosts[0]), await ask('stranger.example')];
  if (answers[0] === 308 && stranger === 'ECONNRESET') break;
}
console.log(JSON.stringify({ http: answers, stranger, https: await Promise.all(hosts.map(served)) }));
`;

const machines: StockMachine[] = [];
afterEach(() => {
  for (const machine of machines.splice(0)) machine.remove();
});

function machineOf(suite: Suite, text = spec): StockMachine {
  const machine = stockMachine(suite);
  machines.push(machine);
  writeFileSync(join(machine.home, 'keepgate.yaml'), text);
  writeFileSync(join(machine.home, 'probe.mjs'), probe);
  return machine;
}

/** Debian's own page answers before; then the printed lines, and nothing else, are run. */
const install = (asUser = '') => `set -e
command -v openssl >/dev/null || { echo 'openssl is missing: install it, these tests need it' >&2; exit 70; }
nginx
until [ -s /run/nginx.pid ]; do sleep 0.05; done
${asUser} keepgate render --out 'my site' >commands.sh 2>said
sh -e commands.sh >output 2>&1
nginx -t >test 2>&1
ls -lR /var/lib/keepgate /etc/nginx/sites-enabled >listing
node=$(sed -n "s/^exec '\\([^']*\\)'.*/\\1/p" "$(command -v keepgate)")
"$node" probe.mjs api.example.com www.example.com
`;
const stop = 'nginx -s quit 2>/dev/null\n';

/** A user namespace in which root of the machine is user 1000. */
const ordinary = 'unshare --user --map-user=1000 --map-group=1000';

describe.each(suites)('%s', (suite) => {
  it.each([
    ['root', ''],
    ['an ordinary user', ordinary],
  ])('the lines printed for %s install and reload', async (_who, asUser) => {
    const machine = machineOf(suite);
    const { exitCode, stdout, stderr } = await machine.run(`${install(asUser)}${stop}`);
    const read = (name: string): string => readFileSync(join(machine.home, name), 'utf8');
    expect({ exitCode, stderr }, stderr).toEqual({ exitCode: 0, stderr: '' });
    expect(read('test').replace(/^nginx: .* (syntax is ok|test is successful)\n/gm, '')).toBe('');
    const answers = JSON.parse(stdout);
    expect(answers.http).toEqual([308, 'https://api.example.com/a%2Fb?c']);
    expect(answers.stranger).toBe('ECONNRESET');
    expect(answers.https).toEqual([
      ['keepgate stand-in, not a real certificate', null],
      ['self-signed by keepgate', 'DNS:www.example.com'],
    ]);
    const commands = read('commands.sh');
    expect(commands.includes('sudo ')).toBe(asUser !== '');
    expect(commands).toContain('nginx -s reload');
    expect(commands).toMatch(/^(sudo )?rm \/etc\/nginx\/sites-enabled\/default$/m);
    expect(readdirSync(join(machine.etc, 'sites-enabled'))).toEqual(['keepgate_api.conf', 'keepgate_web.conf']);
    expect(statSync(join(machine.etc, 'conf.d/keepgate.conf')).mode & 0o777).toBe(0o644);
    const listing = read('listing');
    expect(listing.match(/^-rw------- .* privkey\.pem$/gm)).toHaveLength(suite === 'bullseye' ? 3 : 2);
    expect(listing).not.toMatch(/^-(?!rw-------).* privkey\.pem$/m);
  });
});

it('a second time there is only to test and to reload; then one site goes and only that one is touched', async () => {
  const machine = machineOf('bookworm');
  const without = spec.replace(/ {2}web:[\s\S]*/, '');
  writeFileSync(join(machine.home, 'fewer.yaml'), without);
  const { stderr, exitCode } = await machine.run(`${install()}
keepgate render --out 'my site' >again.sh 2>>said
sh -e again.sh >>output 2>&1
echo '# mine' >>/etc/nginx/conf.d/keepgate.conf
keepgate render fewer.yaml --out other >fewer.sh 2>>said
sh -e fewer.sh >>output 2>&1
ls /etc/nginx/sites-enabled /etc/nginx/sites-available >listing
${stop}`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const lines = (name: string) => readFileSync(join(machine.home, name), 'utf8').split('\n').slice(0, -1);
  expect(lines('again.sh')).toEqual([
    '# /etc/nginx holds the files already.',
    "install -m 644 'my site/keepgate.manifest.json' /etc/nginx/",
    '# Test all of it, and only then reload: until here what is running is untouched.',
    'nginx -t && nginx -s reload',
  ]);
  const fewer = lines('fewer.sh');
  expect(fewer).toContain(
    'rm -f /etc/nginx/sites-enabled/keepgate_web.conf /etc/nginx/sites-available/keepgate_web.conf',
  );
  expect(lines('listing').join(' ')).not.toContain('keepgate_web.conf');
  // changed by hand on the machine: kept aside before it is overwritten
  expect(readFileSync(join(machine.etc, 'conf.d_keepgate.conf.before-keepgate'), 'utf8')).toMatch(/# mine\n$/);
  expect(readFileSync(join(machine.etc, 'conf.d/keepgate.conf'), 'utf8')).not.toContain('# mine');
});

it('written right into /etc/nginx, there is nothing to copy', async () => {
  const machine = machineOf('bookworm');
  const { stderr, exitCode } = await machine.run(`${install().replaceAll("'my site'", '/etc/nginx')}${stop}`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const commands = readFileSync(join(machine.home, 'commands.sh'), 'utf8');
  expect(commands).not.toMatch(/install -m|cp -P/);
  expect(commands).toContain('nginx -t && nginx -s reload');
});

it('many sites are named by a glob, in whatever folder', async () => {
  const sites = Array.from(
    { length: 40 },
    (_, i) => `  s${i}: {hosts: [s${i}.example.com], upstream: "http://127.0.0.1:80${i + 10}"}\n`,
  );
  const machine = machineOf('bookworm', `version: 1\nsites:\n${sites.join('')}`);
  const folder = "it's $HOME; *";
  mkdirSync(join(machine.home, folder));
  const { stderr, exitCode, stdout } = await machine.run(
    `${install()
      .replaceAll("'my site'", `'${folder.replace("'", "'\\''")}'`)
      .replace('api.example.com www', 's7.example.com s39')}${stop}`,
  );
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(JSON.parse(stdout).http).toEqual([308, 'https://s7.example.com/a%2Fb?c']);
  expect(readdirSync(join(machine.etc, 'sites-enabled'))).toHaveLength(40);
  expect(readFileSync(join(machine.home, 'commands.sh'), 'utf8').split('\n').length).toBeLessThan(25);
});

it("the user's own files of /etc/nginx stay, and a default site that is not Debian's is kept", async () => {
  const machine = machineOf('bookworm');
  const { stderr, exitCode } = await machine.run(`set -e
rm /etc/nginx/sites-enabled/default
printf 'server {\\n    listen 80 default_server;\\n    # mine\\n}\\n' >/etc/nginx/sites-enabled/default
printf '# theirs\\n' >/etc/nginx/conf.d/own.conf
${install().replace('set -e', '')}${stop}`);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(readFileSync(join(machine.etc, 'sites-enabled_default.before-keepgate'), 'utf8')).toContain('# mine');
  expect(readFileSync(join(machine.etc, 'conf.d/own.conf'), 'utf8')).toBe('# theirs\n');
});
