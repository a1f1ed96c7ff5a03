/** The programs of the guide's machine, and how its services are started. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parts } from '../parts.ts';

/** Leads to the server, and not to what listens on 127.0.0.1 alone: so it stands for the public address. */
const publicAddress = '127.0.0.2';

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

export function writePrograms(home: string, node: string): void {
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

/** Of sh: they start, and what is to be called between the blocks of the guide. */
export const services = (home: string, node: string) => `
set -eu
${parts.challtestsrv.forky} -http01 '' -https01 '' -tlsalpn01 '' -doh '' -dnsserver 127.0.0.1:8053 -management 127.0.0.1:8055 -defaultIPv4 ${publicAddress} -defaultIPv6 '' >out/dns.log 2>&1 &
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 ${parts.pebble.forky} -config pebble.json -dnsserver 127.0.0.1:8053 >out/pebble.log 2>&1 &
export KEEPGATE_BWRAP='${parts.bwrap}'
echo '${publicAddress} domino.example.com' >>/etc/hosts
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
look() { seen=$(${node} '${home}/look.mjs' "$1" '${home}/trusted.pem'); echo "@look $seen"; }
look_anew() {
  before=$seen
  for _ in $(seq 200); do
    seen=$(${node} '${home}/look.mjs' "$1" '${home}/trusted.pem'); [ "$seen" = "$before" ] || break; sleep 0.1
  done
  echo "@look $seen"
}
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
