import { isFor } from '../../../certs/chain.ts';
import type { Diagnostic } from '../../../diagnostic.ts';
import { isLoopback } from '../../../spec/address.ts';
import { managementUrl } from '../../management-host.ts';
import { setIniValue } from '../../notes-ini.ts';
import { apiAddress, handshake } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether Domino's own task calls the management port in the way that it answers. */
export const managementAddress: Check = async (subject) => {
  const { notesIni, installation, ports, hosts } = subject;
  if (!notesIni || !installation) return [];
  const probe = setIniValue(notesIni, managementUrl, '');
  if (probe.state === 'doubled') return [wrong('stands several times', 'Take all but one of the lines away.')];
  const value = valueIn(notesIni) ?? `http://localhost:${ports.management}`;
  const tls = installation.tls !== undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const right = tls ? `https://${hosts[0]}:${ports.management}` : `http://localhost:${ports.management}`;
  const help = `Set it: ${managementUrl}=${right}${tls ? ' (keepgate domino tls does)' : ''}`;
  if (!url) return [wrong(`is no URL: "${value}"`, help)];
  if ((url.protocol === 'https:') !== tls)
    return [wrong(`is ${value}, and the API's TLS is ${tls ? 'on' : 'off'}`, help)];
  const port = Number(url.port || (tls ? 443 : 80));
  if (port !== ports.management)
    return [wrong(`has port ${port}, and the management port is ${ports.management}`, help)];
  if (!tls) return [];
  if (isLoopback(url.hostname)) return [wrong(`names ${url.hostname}, which no certificate is for`, help)];
  // Both ports have the one certificate, and the data port is the one that has to be open.
  const { certificate } = await handshake(subject, apiAddress(subject), ports.data, hosts[0]);
  if (!certificate || isFor(certificate, url.hostname)) return [];
  return [wrong(`names ${url.hostname}, which the certificate of the API is not for`, help)];
};

const valueIn = (bytes: Buffer): string | undefined =>
  new RegExp(`^\\s*${managementUrl}\\s*=(.*)$`, 'm').exec(bytes.toString('latin1'))?.[1]?.trim();

const wrong = (what: string, help: string): Diagnostic => ({
  code: 'domino-management-url',
  severity: 'error',
  message: `${managementUrl} in notes.ini ${what}`,
  help,
});
