/** Lines that make the certificates without which nginx would not start. */
import { posix } from 'node:path';
import type { Resolved } from '../model/resolve.ts';
import { word } from '../shell-word.ts';
import { isAddress } from '../spec/address.ts';

/** A certificate of keepgate's store: `STORE/live/NAME/fullchain.pem`. */
export interface NeededCertificate {
  readonly certificate: string;
  readonly hosts: readonly string[];
  /** It is what the spec asks for, not a stand-in for what a CA will issue. */
  readonly selfSigned: boolean;
}

/** The certificates that the rendered files name in keepgate's store; a user's own are left to the user. */
export function neededCertificates({ model, expanded }: Pick<Resolved, 'model' | 'expanded'>): NeededCertificate[] {
  const selfSigned = new Set(
    expanded.filter(({ options }) => options.tls.certificate === 'self-signed').map(({ name }) => name),
  );
  const refusing = new Set(model.shared.refuseHttps.flatMap(({ certificate }) => certificate?.certificate ?? []));
  return [
    ...[...refusing].map((certificate) => ({ certificate, hosts: [], selfSigned: false })),
    ...model.sites
      .filter(({ tls }) => tls.managed)
      .map(({ name, hosts, tls }) => ({ certificate: tls.certificate, hosts, selfSigned: selfSigned.has(name) })),
  ];
}

/** EC P-256, the key without a passphrase; OpenSSL gives it mode 0600. */
const request = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

/**
 * Each in a folder of its own that only root can enter, behind the one link that later switches to the real certificate.
 * What is there is left alone, so that the lines may run twice.
 */
export function certificateLines(missing: readonly NeededCertificate[], sudo: string): string[] {
  const standIns = missing.filter(({ selfSigned }) => !selfSigned);
  const stores = new Set(standIns.map(({ certificate }) => storeOf(certificate)));
  return [
    ...[...stores].flatMap((store) => {
      const names = standIns.filter(({ certificate }) => storeOf(certificate) === store).map(nameOf);
      return standInLines(store, names, sudo);
    }),
    ...missing.filter(({ selfSigned }) => selfSigned).flatMap((needed) => selfSignedLines(needed, sudo)),
  ];
}

function standInLines(store: string, names: readonly string[], sudo: string): string[] {
  const subject = '/CN=keepgate stand-in, not a real certificate';
  return [
    '# No certificate yet: a stand-in that no client trusts, so that nginx starts, until the real one is issued.',
    ...makingLines(store, 'stand-in', names, `-days 90 -subj '${subject}'`, sudo),
  ];
}

function selfSignedLines(needed: NeededCertificate, sudo: string): string[] {
  const names = needed.hosts.map(alternativeName).join(',');
  const options = `-days 365 -subj '/CN=self-signed by keepgate' -addext ${word(`subjectAltName=${names}`)}`;
  const name = nameOf(needed);
  return [
    `# The self-signed certificate that the spec asks for.`,
    ...makingLines(storeOf(needed.certificate), 'self-signed', [name], options, sudo),
  ];
}

/** OpenSSL wants an IPv6 address without the brackets that a host of the model has. */
function alternativeName(host: string): string {
  return isAddress(host) ? `IP:${host.replace(/^\[|\]$/g, '')}` : `DNS:${host}`;
}

function makingLines(store: string, kind: string, names: readonly string[], options: string, sudo: string): string[] {
  const [live, made] = [word(`${store}/live`), word(`${store}/${kind}`)];
  return [
    `for name in ${names.map(word).join(' ')}; do`,
    `  ${sudo}test -e ${live}/"$name"/fullchain.pem && continue`,
    `  made=${made}/$name`,
    `  ${sudo}install -d -m 700 ${word(store)} ${live} ${made} "$made"`,
    `  ${sudo}${request} ${options} -keyout "$made/privkey.pem" -out "$made/fullchain.pem"`,
    `  ${sudo}ln -sfn "../${kind}/$name" ${live}/"$name"`,
    'done',
  ];
}

/** What it is called in the store. */
export function nameOf({ certificate }: Pick<NeededCertificate, 'certificate'>): string {
  return posix.basename(posix.dirname(certificate));
}

/** The store's folder, of the path of a certificate in it. */
export function storeOf(certificate: string): string {
  return posix.dirname(posix.dirname(posix.dirname(certificate)));
}
