/** `keepgate up` on a stock Debian machine, with pebble as the CA: from nothing to a certificate on the wire. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { times } from '../everything.ts';
import { type UpMachine, upMachine } from './up-machine.ts';

const timeout = 180_000;
const site = 'site="--host api.example.com --upstream 127.0.0.1:8080"\n';
const killAt = join(import.meta.dirname, '../kill-at.mjs');
let machine: UpMachine | undefined;
afterEach(() => machine?.remove());

interface Document {
  readonly exitCode: number;
  readonly stages: readonly {
    readonly name: string;
    readonly exitCode: number;
    readonly result?: { readonly outcome?: string; readonly certificates?: readonly { readonly result: string }[] };
  }[];
}

describe.each(['bookworm', 'forky'] as const)('a stock machine of Debian %s', (suite) => {
  it(
    'serves a certificate of the CA after one command, and the same command does nothing then',
    async () => {
      machine = upMachine(suite);
      const { run, home } = machine;
      // In state.json is what the CA says of renewing: asked the first time in the second run.
      const { stdout, stderr } = await run(`${site}
up $site --format json >out/first.json 2>out/first.err; echo "first $?"
fetch
find /etc/nginx /var/lib/keepgate -type f -printf '%p %T@ %i\\n' | grep -v -e /lock/ -e /state.json | sort >out/before
keepgate up --resolver 127.0.0.1:8053 --format json >out/second.json 2>out/second.err; echo "second $?"
find /etc/nginx /var/lib/keepgate -type f -printf '%p %T@ %i\\n' | grep -v -e /lock/ -e /state.json | sort >out/after
fetch
nginx -s stop
`);
      const read = (name: string) => readFileSync(join(home, 'out', name), 'utf8');
      const said = `${stdout}\n${stderr}\n${read('first.err')}\n${read('first.json')}`;
      const lines = stdout.split('\n');
      expect(lines[0], said).toBe('first 0');
      const served = JSON.parse(lines[1] ?? '');
      expect(served).toMatchObject({ subjectaltname: 'DNS:api.example.com', body: 'from the API' });
      expect(served.issuer).toContain('Pebble');
      expect(lines[2], read('second.err')).toBe('second 0');
      expect(JSON.parse(lines[3] ?? '')).toEqual(served);
      const second: Document = JSON.parse(read('second.json'));
      const stage = (name: string) => second.stages.find((one) => one.name === name)?.result;
      expect(stage('apply')?.outcome).toBe('unchanged');
      expect(stage('issue')?.certificates).toMatchObject([{ result: 'kept' }]);
      expect(read('after')).toBe(read('before'));
    },
    timeout,
  );
});

/** Of about 290; a round takes 5 s. */
const points = times(40, 12);

it(`killed at ${points} points, the next run finishes`, async () => {
  machine = upMachine('bookworm');
  const { run, home } = machine;
  // Each round a machine as new: only the folders are emptied, and the programs go on.
  const { stdout } = await run(`${site}
cp -a /etc/nginx out/stock
stop() {
  pid=$(cat /run/nginx.pid 2>/dev/null); nginx -s stop 2>/dev/null
  while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
as_new() {
  stop; rm -rf /var/lib/keepgate /var/lib/keepgate-acme /etc/nginx/* keepgate.yaml; cp -a out/stock/. /etc/nginx/
}
# Counted at the second time: the first one may have to ask the CA more often.
up $site --no-timer >out/log 2>&1; echo "whole $?"
as_new
export KEEPGATE_KILL_COUNT="$PWD/out/count" KEEPGATE_KILL_TRACE="$PWD/out/trace"
NODE_OPTIONS='--import ${killAt}' up $site --no-timer >>out/log 2>&1; echo "counted $?"
total=$(cut -d' ' -f2 out/count); echo "steps $total"
unset KEEPGATE_KILL_COUNT KEEPGATE_KILL_TRACE
round() {
  as_new
  KEEPGATE_KILL_AT=$2 NODE_OPTIONS='--import ${killAt}' up $site --no-timer >>out/log 2>&1; killed=$?
  up $site --no-timer >>out/log 2>&1; echo "$1: $killed then $?"
  fetch >/dev/null || echo "$1: not served"
}
for part in $(seq 1 ${points}); do
  round "part $part" $(((total * part + ${points}) / (${points} + 1)))
done
at=$(grep 'renameSync .*/live/[.]keepgate-' out/trace | tail -n 1 | cut -d' ' -f1)
round switched $((at + 1))
stop
`);
  const [whole, counted, steps, ...rounds] = stdout.trim().split('\n');
  expect(whole, readFileSync(join(home, 'out/log'), 'utf8')).toBe('whole 0');
  expect(counted).toBe('counted 0');
  const total = Number(steps?.replace('steps ', ''));
  expect(total).toBeGreaterThan(100);
  const expected = Array.from({ length: points }, (_, index) => `part ${index + 1}: 137 then 0`);
  // When nginx has not yet been told of the certificate that is in place, too.
  expect(rounds).toEqual([...expected, 'switched: 137 then 0']);
}, 3_600_000);
