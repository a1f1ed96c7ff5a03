/** A stock Debian machine with pebble as the CA and an API on port 8080, for `keepgate up`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { chain } from '../ca.ts';
import { stockMachine } from '../deploy/stock-machine.ts';
import { parts, type Suite } from '../parts.ts';

export interface UpMachine {
  /** The working folder of what runs there. */
  readonly home: string;
  run(script: string): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
  remove(): void;
}

/**
 * Its scripts begin with a CA, its DNS server and an API that run. They have `up`, with the options for that CA, and `fetch HOST`, which
 * prints the certificate that is served and the body.
 */
export function upMachine(suite: Suite): UpMachine {
  const machine = stockMachine(suite, [parts.pebble.forky, parts.challtestsrv.forky, parts.bwrap]);
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
const servername = process.argv[2] ?? 'api.example.com';
get({ host: '127.0.0.1', port: 443, servername, headers: { Host: servername }, rejectUnauthorized: false }, (response) => {
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
fetch() { '${process.execPath}' fetch.mjs "$@"; }
export KEEPGATE_BWRAP='${parts.bwrap}'
ca=$PWD/ca.pem
up() { keepgate up --agree-tos --directory https://127.0.0.1:14000/dir --ca-file "$ca" --resolver 127.0.0.1:8053 "$@"; }
`;
  mkdirSync(join(home, 'out'));
  const run = (script: string) => machine.run(`${services}${script}`, 3_600_000);
  return { home, run, remove: () => machine.remove() };
}
