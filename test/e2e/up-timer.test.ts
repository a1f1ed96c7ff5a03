/** The timer of `keepgate up`, on a machine whose systemctl is a script of this test. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { parts } from '../parts.ts';

let machine: StockMachine | undefined;
afterEach(() => machine?.remove());

it('is started by the next run, where the first came no further than the unit files', async () => {
  machine = stockMachine('bookworm', [parts.bwrap]);
  const { home, run } = machine;
  const tls = 'tls: {certificate: self-signed}';
  const spec = `version: 1\nnginx: {defaultServer: https}\nsites:\n  a: {hosts: [a.example.com], upstream: "http://127.0.0.1:1", ${tls}}\n`;
  writeFileSync(join(home, 'keepgate.yaml'), spec);
  const script = `#!/bin/sh\ncd '${home}' && echo "$@" >>calls\n[ "$1" = enable ] && [ -e broken ] && exit 1\nexit 0\n`;
  writeFileSync(join(home, 'systemctl'), script);
  chmodSync(join(home, 'systemctl'), 0o755);
  const { stdout, stderr } = await run(
    `
export KEEPGATE_BWRAP='${parts.bwrap}' PATH="$PWD:$PATH"
mkdir -p /etc/systemd/system 'my logs'
nginx && mkdir -p /run/systemd/system
touch broken
keepgate up --format json >/dev/null 2>first; echo "first $?"
rm broken calls
keepgate up 2>second; echo "second $?"; cat calls
keepgate cert timer --install --writable 'my logs' 2>/dev/null
keepgate up >third 2>&1; echo "third $?"
grep -c 'my logs' /etc/systemd/system/keepgate-renew.service
nginx -s stop
`,
    120_000,
  );
  const lines = stdout.split('\n').filter((line) => !line.startsWith('https://'));
  const why = `${stderr}${readFileSync(join(home, 'first'), 'utf8')}${readFileSync(join(home, 'second'), 'utf8')}`;
  const calls = ['daemon-reload', 'enable --now keepgate-renew.timer'];
  expect(lines, why).toEqual(['first 4', 'second 0', ...calls, 'third 0', '1']);
}, 180_000);
