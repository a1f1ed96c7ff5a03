/** What lies on the guide's machine: certificates of a CA, of an IT department and of Domino, and the programs of the services. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chain, issue } from '../ca.ts';

const host = 'domino.example.com';
const dates = { notBefore: new Date(Date.now() - 86_400_000) };

export function writeFiles(home: string): void {
  const here = (name: string, text: string, mode = 0o644) => writeFileSync(join(home, name), text, { mode });
  const tls = chain(['localhost', '127.0.0.1']);
  here('ca.pem', tls.root.certificate);
  here('pebble.pem', tls.fullchain);
  here('pebble.key', tls.leaf.key, 0o600);
  here(
    'pebble.json',
    JSON.stringify({
      pebble: {
        ...{ listenAddress: '127.0.0.1:14000', managementListenAddress: '127.0.0.1:15000' },
        ...{ certificate: 'pebble.pem', privateKey: 'pebble.key', httpPort: 80, tlsPort: 443 },
        ...{ ocspResponderURL: '', externalAccountBindingRequired: false },
      },
    }),
  );
  const authority = { kind: 'authority', notBefore: new Date('2020-01-01'), notAfter: new Date('2060-01-01') } as const;
  const company = issue({ commonName: 'The company', ...authority });
  const department = issue({ commonName: 'IT department', issuer: company, key: 'rsa-2048', ...authority });
  here('department.pem', department.certificate);
  here('department.key', department.key, 0o600);
  const given = issue({ commonName: host, names: [host], issuer: department, ...dates });
  here('given.pem', given.certificate + department.certificate);
  here('given.key', given.key, 0o600);
  const manager = chain([host], dates);
  here('manager.pem', manager.fullchain);
  here('manager.key', manager.leaf.key, 0o600);
  here('known.pem', company.certificate + manager.root.certificate);
  for (const name of ['rest-api.mjs', 'look.mjs']) cpSync(join(import.meta.dirname, name), join(home, name));
  here(
    'wait-for.mjs',
    `import { connect } from 'node:net';
const attempt = (left) => connect(Number(process.argv[2]), '127.0.0.1')
  .on('connect', () => process.exit(0))
  .on('error', () => left > 0 ? setTimeout(attempt, 50, left - 1) : process.exit(1));
attempt(1200);
`,
  );
  here(
    'roots.mjs',
    `import { readFileSync } from 'node:fs';
import { get } from 'node:https';
get('https://127.0.0.1:15000/roots/0', { ca: readFileSync('ca.pem') }, (response) => response.pipe(process.stdout));
`,
  );
}
