/** A Linux server with Domino's data folder, a REST API, Debian's stock nginx, and a CA that reaches it. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { chain, issue } from '../ca.ts';
import { type StockMachine, stockMachine } from '../deploy/stock-machine.ts';
import { parts } from '../parts.ts';
import type { Block } from './blocks.ts';

const host = 'domino.example.com';
/** Leads to the server, and not to what listens on 127.0.0.1 alone: so it stands for the public address. */
const publicAddress = '127.0.0.2';
const dates = { notBefore: new Date(Date.now() - 86_400_000) };

/** What somebody else does between two blocks, or the test. */
export interface Meanwhile {
  /** A part of the block before or after which it happens. */
  readonly before?: string;
  readonly after?: string;
  readonly script: string;
}

export interface Way {
  readonly blocks: readonly Block[];
  readonly meanwhile: readonly Meanwhile[];
  /** A part of the block that is to end with an exit code other than 0. */
  readonly fails?: string;
}

export interface Ran {
  /** Everything that was said, for the message of a failure. */
  readonly said: string;
  /** Whether the last block was reached and done. */
  readonly ended: boolean;
  /** What `look PORT` saw, in order. */
  readonly looks: readonly Look[];
  readonly stdout: string;
  /** A copy of Domino's data folder: `plain` at the start, `end`, and what `keep NAME` made. */
  readonly data: (name: string) => string;
}

export interface Look {
  readonly issuer?: string;
  readonly names?: string;
  readonly fingerprint256?: string;
  readonly body?: string;
  readonly error?: string;
}

/** What the commands of the guide can't have in a test: the CA and its trust, added here and nowhere else. */
const wrapper = (
  home: string,
  program: string,
) => `ca="--directory https://127.0.0.1:14000/dir --ca-file ${home}/ca.pem"
case "$1 $2" in
  'up '*) set -- "$@" $ca --resolver 127.0.0.1:8053 ;;
  'cert issue') set -- "$@" $ca --resolver 127.0.0.1:8053 ;;
  'cert renew') set -- "$@" --resolver 127.0.0.1:8053 ;;
  'domino doctor') set -- "$@" --ca-file ${home}/trusted.pem ;;
esac
exec ${program} "$@"
`;

const consoleProgram = (home: string, node: string) => `# -c 'tell restapi reload', as Domino's own program takes it
[ "$*" = '-c tell restapi reload' ] || { echo "the console does not know: $*" >&2; exit 1; }
cd ${home}
[ -e api.pid ] && kill "$(cat api.pid)" && while kill -0 "$(cat api.pid)" 2>/dev/null; do sleep 0.05; done
${node} rest-api.mjs /local/notesdata manager.pem manager.key '${parts.keytool}' </dev/null >>out/api.log 2>&1 &
echo $! >api.pid
${node} wait-for.mjs 8889 || { cat out/api.log >&2; exit 1; }
`;

function writeFiles(home: string): void {
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
attempt(200);
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

const services = (home: string, node: string) => `
set -eu
${parts.challtestsrv.forky} -http01 '' -https01 '' -tlsalpn01 '' -doh '' -dnsserver 127.0.0.1:8053 -management 127.0.0.1:8055 -defaultIPv4 ${publicAddress} -defaultIPv6 '' >out/dns.log 2>&1 &
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 ${parts.pebble.forky} -config pebble.json -dnsserver 127.0.0.1:8053 >out/pebble.log 2>&1 &
export KEEPGATE_BWRAP='${parts.bwrap}'
echo '${publicAddress} ${host}' >>/etc/hosts
mkdir -p /etc/systemd/system /opt/hcl/domino/bin /local/notesdata/keepconfig.d
cp domino-console /opt/hcl/domino/bin/server
printf '[Notes]\\r\\nServerName=Domino/Example\\r\\nKitType=2\\r\\n' >/local/notesdata/notes.ini
printf '{"CORS": {"^https?://localhost(:[0-9]+)?$": true}}' >/local/notesdata/keepconfig.d/mine.json
cp -a /local/notesdata out/plain
/opt/hcl/domino/bin/server -c 'tell restapi reload'
${node} wait-for.mjs 14000 && ${node} wait-for.mjs 15000
${node} roots.mjs | cat - known.pem >trusted.pem
# hooks have a PATH of their own
runuser='${join(dirname(home), 'bin/runuser')}'
keep() { cp -a /local/notesdata "${home}/out/$1"; }
look() { echo "@look $(${node} '${home}/look.mjs' "$1" '${home}/trusted.pem')"; }
it_answers() {
  openssl x509 -req -in domino.csr -CA '${home}/department.pem' -CAkey '${home}/department.key' -copy_extensions copy -days 90 -out '${home}/answer.pem' 2>/dev/null
  openssl crl2pkcs7 -nocrl -certfile '${home}/answer.pem' -certfile '${home}/department.pem' -out domino.p7b
}
it_sends_pfx() {
  (umask 077; echo 'their secret' >pfx-password)
  openssl pkcs12 -export -in '${home}/given.pem' -inkey '${home}/given.key' -out domino.pfx -passout file:pfx-password
}
mkdir -p work && cd work
`;

const end = `
echo '@end'
keep end
nginx -s stop 2>/dev/null || true
`;

const machines: StockMachine[] = [];
/** For afterEach. */
export const removeServers = (): void => {
  for (const machine of machines.splice(0)) machine.remove();
};

/** Runs blocks in their order in one shell that stops at the first that fails, `console` ones on Domino's console. */
export async function follow({ blocks, meanwhile, fails }: Way): Promise<Ran> {
  const programs = [parts.pebble.forky, parts.challtestsrv.forky, parts.bwrap, dirname(parts.keytool)];
  const machine = stockMachine('bookworm', programs);
  machines.push(machine);
  const { home } = machine;
  const node = `'${process.execPath}'`;
  mkdirSync(join(home, 'out'));
  writeFiles(home);
  writePrograms(home, node);
  const steps = blocks.flatMap((block) => [`echo '@block ${block.place}'`, ...stepsOf(block, meanwhile, fails)]);
  const { stdout, stderr } = await machine.run([services(home, node), ...steps, end].join('\n'), 120_000);
  const lines = stdout.split('\n');
  return {
    said: `${stdout}\n${stderr}`,
    ended: lines.includes('@end'),
    looks: lines.filter((line) => line.startsWith('@look ')).map((line) => JSON.parse(line.slice(6))),
    stdout,
    data: (name) => join(home, 'out', name),
  };
}

function writePrograms(home: string, node: string): void {
  const bin = join(dirname(home), 'bin');
  const program = (path: string, text: string) => writeFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
  program(join(bin, 'keepgate'), wrapper(home, `${node} '${resolve('dist/bin.js')}'`));
  program(join(bin, 'keytool'), `exec '${parts.keytool}' "$@"\n`);
  program(join(home, 'domino-console'), consoleProgram(home, node));
  // What apt would install is there; systemd, and a user beside root, can't be.
  program(join(bin, 'apt-get'), '[ "$1" = install ]\n');
  program(join(bin, 'systemctl'), `echo "$*" >>'${home}/out/systemctl'\n`);
  program(join(bin, 'runuser'), '[ "$1 $2 $3" = "-u root --" ] && shift 3 && exec "$@"\n');
  if (!existsSync('/usr/bin/ss')) program(join(bin, 'ss'), 'echo "State Recv-Q Send-Q"\n');
}

function stepsOf({ language, text }: Block, meanwhile: readonly Meanwhile[], fails: string | undefined): string[] {
  const of = (when: 'before' | 'after') =>
    meanwhile.filter(({ [when]: part }) => part !== undefined && text.includes(part)).map(({ script }) => script);
  if (language === 'console') return text.split('\n').map((line) => `/opt/hcl/domino/bin/server -c '${line}'`);
  const lines = fails !== undefined && text.includes(fails) ? `${text} && exit 1 || echo "@failed $?"` : text;
  return [...of('before'), lines, ...of('after')];
}
