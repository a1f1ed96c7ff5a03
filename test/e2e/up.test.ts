/** `keepgate up` on a stock Debian machine, with pebble as the CA: from nothing to a certificate on the wire. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chain } from '../ca.ts';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { times } from '../everything.ts';
import { parts, type Suite } from '../parts.ts';

const timeout = 180_000;
const killAt = join(import.meta.dirname, '../kill-at.mjs');
let machine: StockMachine | undefined;
afterEach(() => machine?.remove());

/** A machine whose scripts begin with a CA, its DNS server and an API on port 8080 that run. */
function server(suite: Suite): {
  run: (script: string) => Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
  home: string;
} {
  machine = stockMachine(suite, [parts.pebble.forky, parts.challtestsrv.forky, parts.bwrap]);
  const { home } = machine;
  const tls = chain(['localhost', '127.0.0.1']);
  const file = (name: string, text: string) => writeFileSync(join(home, name), text);
  file('ca.pem', tls.root.certificate);
  file('pebble.pem', tls.fullchain);
  file('pebble.key', tls.leaf.key);
  const pebble = {
    listenAddress: '127.0.0.1:14000',
    managementListenAddress: '127.0.0.1:15000',
    certificate: 'pebble.pem',
    privateKey: 'pebble.key',
    httpPort: 80,
    tlsPort: 443,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  };
  file('pebble.json', JSON.stringify({ pebble }));
  file(
    'api.mjs',
    "import { createServer } from 'node:http';\ncreateServer((_, response) => response.end('from the API')).listen(8080, '127.0.0.1');\n",
  );
  // Prints the issuer, the names, the serial number and the body, or fails.
  file(
    'fetch.mjs',
    `import { get } from 'node:https';
get({ host: '127.0.0.1', port: 443, servername: 'api.example.com', headers: { Host: 'api.example.com' }, rejectUnauthorized: false }, (response) => {
  const { issuer, subjectaltname, serialNumber } = response.socket.getPeerCertificate();
  response.setEncoding('utf8').on('data', (body) => console.log(JSON.stringify({ issuer: issuer.CN, subjectaltname, serialNumber, body })));
}).on('error', (error) => { console.error(String(error)); process.exitCode = 1; });
`,
  );
  const services = `
set -u
${parts.challtestsrv.forky} -http01 '' -https01 '' -tlsalpn01 '' -doh '' -dnsserver 127.0.0.1:8053 -management 127.0.0.1:8055 -defaultIPv4 127.0.0.1 -defaultIPv6 '' >dns.log 2>&1 &
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 ${parts.pebble.forky} -config pebble.json -dnsserver 127.0.0.1:8053 >pebble.log 2>&1 &
'${process.execPath}' api.mjs &
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  '${process.execPath}' -e "require('net').connect(14000,'127.0.0.1').on('connect',()=>process.exit(0)).on('error',()=>process.exit(1))" && break
  sleep 0.3
done
fetch() { '${process.execPath}' fetch.mjs; }
export KEEPGATE_BWRAP='${parts.bwrap}'
up() { keepgate up --host api.example.com --upstream 127.0.0.1:8080 --agree-tos --directory https://127.0.0.1:14000/dir --ca-file ca.pem --resolver 127.0.0.1:8053 "$@"; }
`;
  mkdirSync(join(home, 'out'));
  return { run: (script) => (machine as StockMachine).run(`${services}${script}`, 3_600_000), home };
}

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
      const { run, home } = server(suite);
      // In state.json is what the CA says of renewing: asked the first time in the second run.
      const { stdout, stderr } = await run(`
up --format json >out/first.json 2>out/first.err; echo "first $?"
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
  const { run, home } = server('bookworm');
  // Each round a machine as new: only the folders are emptied, and the programs go on.
  const { stdout } = await run(`
cp -a /etc/nginx out/stock
stop() {
  pid=$(cat /run/nginx.pid 2>/dev/null); nginx -s stop 2>/dev/null
  while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
as_new() {
  stop; rm -rf /var/lib/keepgate /var/lib/keepgate-acme /etc/nginx/* keepgate.yaml; cp -a out/stock/. /etc/nginx/
}
# Counted at the second time: the first one may have to ask the CA more often.
up --no-timer >out/log 2>&1; echo "whole $?"
as_new
export KEEPGATE_KILL_COUNT="$PWD/out/count" KEEPGATE_KILL_TRACE="$PWD/out/trace"
NODE_OPTIONS='--import ${killAt}' up --no-timer >>out/log 2>&1; echo "counted $?"
total=$(cut -d' ' -f2 out/count); echo "steps $total"
unset KEEPGATE_KILL_COUNT KEEPGATE_KILL_TRACE
round() {
  as_new
  KEEPGATE_KILL_AT=$2 NODE_OPTIONS='--import ${killAt}' up --no-timer >>out/log 2>&1; killed=$?
  up --no-timer >>out/log 2>&1; echo "$1: $killed then $?"
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
