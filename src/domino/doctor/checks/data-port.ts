import type { Diagnostic } from '../../../diagnostic.ts';
import { apiAddress, handshake, isOpen } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether the proxy reaches the data port where the spec says, and in the way that the configuration says. */
export const dataPort: Check = async (subject) => {
  const { fromOutside, proxy, installation, ports, timeLimit, hosts } = subject;
  if (fromOutside) return [];
  const host = apiAddress(subject);
  const differs: Diagnostic[] =
    proxy === undefined || proxy.ports.data === ports.data
      ? []
      : [
          {
            code: 'domino-port-differs',
            severity: 'error',
            message: `the proxy passes on to port ${proxy.ports.data}, and PORT of the API is ${ports.data}`,
            help: `Say it in the spec: preset.ports: {data: ${ports.data}}`,
          },
        ];
  if (!(await isOpen(host, ports.data, timeLimit))) return [...differs, unreachable(host, ports.data)];
  const speaksTls = (await handshake(subject, host, ports.data, hosts[0])).fingerprint !== undefined;
  if (proxy && proxy.tls !== speaksTls) return [...differs, cannotTalk(ports.data, speaksTls)];
  const wanted = installation ? installation.tls !== undefined : !proxy || proxy.tls;
  return speaksTls === wanted ? differs : [...differs, notEffective(ports.data, speaksTls)];
};

const unreachable = (host: string, port: number): Diagnostic => ({
  code: 'domino-data-unreachable',
  severity: 'error',
  message: `nothing answers on the data port ${host}:${port}`,
  help: 'See on the console of Domino whether the task runs (show tasks), or load it: load restapi',
});

const cannotTalk = (port: number, speaksTls: boolean): Diagnostic =>
  speaksTls
    ? {
        code: 'domino-tls-on',
        severity: 'error',
        message: `the data port ${port} speaks TLS, and the proxy speaks HTTP to it`,
        help: 'One of both is enough: take the TLS keys out of keepconfig.d (keepgate domino tls --undo), or do without the proxy.',
      }
    : {
        code: 'domino-tls-off',
        severity: 'error',
        message: `the data port ${port} speaks HTTP, and the proxy speaks TLS to it`,
        help: 'Take tls from the upstream in the spec, or switch TLS on for the API (keepgate domino tls).',
      };

const notEffective = (port: number, speaksTls: boolean): Diagnostic => ({
  code: 'domino-tls-not-effective',
  severity: 'error',
  message: speaksTls
    ? `the data port ${port} speaks TLS, and the configuration has none`
    : `the configuration has TLS, and the data port ${port} does not speak it`,
  help: 'The task runs with an earlier configuration. On the console of Domino: tell restapi reload',
});
