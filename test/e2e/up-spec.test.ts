/** What `keepgate up --host` does with keepgate.yaml on a stock Debian machine: checked before it is written, and added to. */
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { treeOf } from '../deploy/rendered.ts';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { parts } from '../parts.ts';
import { type UpMachine, upMachine } from './up-machine.ts';

const timeout = 180_000;
let machine: StockMachine | UpMachine | undefined;
afterEach(() => machine?.remove());

describe('nothing is written', () => {
  const stock = () => {
    const made = stockMachine('bookworm', [parts.bwrap]);
    machine = made;
    const spec = join(made.home, 'keepgate.yaml');
    const up = (args: string) =>
      made.run(`export KEEPGATE_BWRAP='${parts.bwrap}'\nkeepgate up --no-timer --agree-tos ${args}`);
    return { ...made, spec, up };
  };

  it.each([
    ['--host localhost --upstream 8080', 2, 'acme-name-not-public: localhost'],
    ['--host box --upstream 8080', 2, 'acme-name-not-public: box'],
    ['--host 192.0.2.1 --upstream 8080', 2, 'acme-ip-address: '],
    ["--host '*.example.com' --upstream 8080", 2, 'wildcard-challenge: '],
    ['--host a.example.com --upstream 99999', 2, 'invalid-upstream: "http://127.0.0.1:99999" has port 99999'],
    ['--host a.example.com --upstream http://127.0.0.1:8080/api', 2, 'invalid-upstream: '],
    ['--host a.example.com --upstream data', 2, 'unknown-upstream: '],
    ['--host a.example.com --upstream 443', 2, 'own-port-loop: '],
    ['--host http://a.example.com --upstream 8080', 2, 'invalid-host: '],
    ['--host a.example.com --host A.example.com --upstream 8080', 2, 'duplicate-host: '],
    ['--host a.example.com --upstream 8080 --email nobody', 2, 'invalid-mail-address: '],
    ['--host a.example.com --upstream 8080 --directory letsencript', 2, 'invalid-acme-directory: '],
    ['--host a.example.com --upstream 8080 --ca-file none.pem', 1, 'acme-ca-file: '],
    ['--host a.example.com --upstream 8080 --webroot . --standalone', 2, 'exclude each other'],
    ['--host a.example.com --upstream 8080 --http-port 0', 2, '--http-port takes'],
    ['--host a.example.com --upstream 8080 --webroot none', 2, '--webroot none: there is no such folder'],
    ['--host a.example.com --upstream 8080 --dns-exec ./none', 2, '--dns-exec ./none: there is no such file'],
    ['--host a.example.com --upstream 8080 --resolver "a b"', 2, '--resolver a b'],
    ['--host a.example.com --upstream 8080 --eab-kid-file kid --eab-key-file key', 1, 'acme-eab-file: '],
  ])('by up %s', { timeout }, async (args, code, words) => {
    const { etc, home, up } = stock();
    const before = treeOf(etc);
    const { exitCode, stderr } = await up(args);
    expect({ exitCode, stderr }).toEqual({ exitCode: code, stderr: expect.stringContaining(words) });
    expect(existsSync(join(home, 'keepgate.yaml'))).toBe(false);
    expect(treeOf(etc)).toEqual(before);
  });

  it('that what is there does not let be installed', { timeout }, async () => {
    const { etc, spec, up } = stock();
    writeFileSync(join(etc, 'conf.d/own.conf'), 'server { listen 80; server_name a.example.com; }\n');
    const { exitCode, stderr } = await up('--host a.example.com --upstream 8080');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a.example.com') });
    expect(existsSync(spec)).toBe(false);
    const { stdout } = await up('--host a.example.com --upstream 8080 --format json');
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 1,
      stages: [{ name: 'spec', result: { outcome: 'refused' } }],
    });
  });

  it('where a spec has an error, is a link, or would have one', { timeout }, async () => {
    const { home, spec, up } = stock();
    const unchanged = async (text: string, args: string, words: string) => {
      writeFileSync(spec, text);
      const { exitCode, stderr } = await up(args);
      expect({ exitCode, stderr }).toMatchObject({ stderr: expect.stringContaining(words) });
      expect(exitCode).toBeGreaterThan(0);
      expect(readFileSync(spec, 'utf8')).toBe(text);
    };
    const one = 'version: 1\nsites:\n  a:\n    hosts: [a.example.com]\n    upstream: http://127.0.0.1:8080\n';
    await unchanged('version: 1\nsites: 3\n', '--host b.example.com --upstream 8081', 'keepgate.yaml:2:8: error');
    await unchanged(one, '--host localhost --upstream 8081', 'keepgate.yaml, with the new site:7:');
    await unchanged(
      one,
      '--host a.example.com --host www.a.example.com --upstream 8080',
      'is not for www.a.example.com',
    );
    renameSync(spec, join(home, 'elsewhere.yaml'));
    symlinkSync('elsewhere.yaml', spec);
    await unchanged(one, '--host b.example.com --upstream 8081', 'it is a symbolic link');
  });
});

it('what proves a wildcard stands in the spec, for the renewals', { timeout }, async () => {
  const made = stockMachine('bookworm', [parts.bwrap]);
  machine = made;
  writeFileSync(join(made.home, 'hook'), '#!/bin/sh\n', { mode: 0o755 });
  const wildcard = "--host '*.example.com' --upstream 8080 --dns-exec ./hook";
  // Nobody issues a certificate there: it gets no further than to the stand-in.
  const { stderr } = await made.run(
    `export KEEPGATE_BWRAP='${parts.bwrap}'\nkeepgate up --no-timer --agree-tos --skip-preflight ${wildcard}\nnginx -s stop`,
  );
  expect(stderr).toContain('/etc/nginx/sites-available/keepgate_wildcard.example.com.conf');
  const text = readFileSync(join(made.home, 'keepgate.yaml'), 'utf8');
  expect(text).toContain(`  challenge: {dns-01: {exec: ${JSON.stringify(join(made.home, 'hook'))}}}\n`);
  expect(text).toContain('\n  wildcard.example.com:\n    hosts: ["*.example.com"]\n');
});

it('from a machine without nginx to two sites with certificates', { timeout }, async () => {
  machine = upMachine('bookworm');
  const { home, run } = machine;
  const spec = join(home, 'keepgate.yaml');
  const bin = join(dirname(home), 'bin');
  mkdirSync(join(bin, 'away'));
  const { stdout, stderr } = await run(`
mv ${bin}/nginx ${bin}/away/nginx
up --host api.example.com --upstream 8080 --no-timer 2>out/none; echo "without nginx $?"
ls keepgate.yaml 2>/dev/null
mv ${bin}/away/nginx ${bin}/nginx
up --host api.example.com --upstream 8080 --no-timer >out/log 2>&1; echo "first $?"
chmod 640 keepgate.yaml; echo '# Mine, and it stays.' >>keepgate.yaml; cp keepgate.yaml out/first.yaml
up --host second.example.com --upstream 127.0.0.1:8080 --no-timer >>out/log 2>&1; echo "second $?"
cp keepgate.yaml out/second.yaml
up --host second.example.com --upstream 127.0.0.1:8080 --no-timer >>out/log 2>&1; echo "again $?"
fetch api.example.com; fetch second.example.com
nginx -s stop
while [ -e /run/nginx.pid ]; do sleep 0.05; done
up --no-timer >>out/log 2>&1; echo "stopped $?"
fetch second.example.com
nginx -s stop
`);
  const read = (name: string) => readFileSync(join(home, name), 'utf8');
  const said = `${stdout}${stderr}${read('out/log')}`;
  const [without, first, second, again, ...rest] = stdout.trim().split('\n');
  expect([without, first, second, again], said).toEqual(['without nginx 4', 'first 0', 'second 0', 'again 0']);
  expect(read('out/none')).toContain('sudo apt-get install nginx bubblewrap');
  const [one, two, started, last] = rest.map((line) => (line.startsWith('{') ? JSON.parse(line) : line));
  expect(one).toMatchObject({ subjectaltname: 'DNS:api.example.com', body: 'from the API' });
  expect(two).toMatchObject({ subjectaltname: 'DNS:second.example.com', body: 'from the API' });
  expect(started).toBe('stopped 0');
  expect(last).toEqual(two);

  const before = read('out/first.yaml');
  const mine = '# Mine, and it stays.\n';
  expect(before.endsWith(mine)).toBe(true);
  expect(before).toContain('\n  api.example.com:\n');
  const added = '  second.example.com:\n    hosts: [second.example.com]\n    upstream: "http://127.0.0.1:8080"\n';
  expect(read('out/second.yaml')).toBe(before.replace(mine, `${added}${mine}`));
  expect(read('keepgate.yaml')).toBe(read('out/second.yaml'));
  expect(statSync(spec).mode & 0o777).toBe(0o640);
});

it('two services in folders of their own, at the same time: both are served', { timeout }, async () => {
  machine = upMachine('bookworm');
  const { home, run } = machine;
  const { stdout, stderr } = await run(`
mkdir one two
serve() { (cd "$1" && up --host "$2" --upstream 8080 --no-timer >../out/"$1" 2>&1; echo "$1 $?"); }
serve one first.example.com & one=$!
serve two second.example.com & two=$!
wait $one $two
fetch first.example.com; fetch second.example.com
keepgate status --format json
nginx -s stop
`);
  const read = (name: string) => readFileSync(join(home, 'out', name), 'utf8');
  const said = `${stdout}${stderr}${read('one')}${read('two')}`;
  const [a, b, first, second, ...status] = stdout.trim().split('\n');
  expect([a, b].sort(), said).toEqual(['one 0', 'two 0']);
  expect(JSON.parse(first ?? '')).toMatchObject({ subjectaltname: 'DNS:first.example.com', body: 'from the API' });
  expect(JSON.parse(second ?? '')).toMatchObject({ subjectaltname: 'DNS:second.example.com', body: 'from the API' });
  const { sites } = JSON.parse(status.join('\n'));
  expect(sites).toMatchObject([
    { site: 'first.example.com', spec: expect.stringMatching(/\/one\/keepgate\.yaml$/), drift: [] },
    { site: 'second.example.com', spec: expect.stringMatching(/\/two\/keepgate\.yaml$/), drift: [] },
  ]);
});
