import type { Diagnostic } from '../../../diagnostic.ts';
import { defaultPorts } from '../../../spec/presets/domino-rest-api.ts';
import { notRestarted } from '../not-restarted.ts';
import { apiAddress, handshake, isOpen } from '../reach.ts';
import type { Check, Subject } from '../subject.ts';

/** Whether the proxy reaches the data port where the spec says, and in the way that the configuration says. */
export const dataPort: Check = async (subject) => {
  const { fromOutside, proxy, installation, keyStore, ports, timeLimit, hosts } = subject;
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
  if (!(await isOpen(host, ports.data, timeLimit))) {
    const usual = defaultPorts.data;
    const isThere = installation?.ports.data !== undefined && ports.data !== usual;
    if (isThere && (await isOpen(host, usual, timeLimit)))
      return [...differs, notRestarted(`nothing answers on ${host}:${ports.data} (PORT), and something on ${usual}`)];
    return [...differs, unreachable(host, ports.data)];
  }
  const speaksTls = (await handshake(subject, host, ports.data, hosts[0])).fingerprint !== undefined;
  if (proxy && proxy.tls !== speaksTls) return [...differs, cannotTalk(ports.data, speaksTls)];
  const wanted = installation ? installation.tls !== undefined : !proxy || proxy.tls;
  return speaksTls === wanted ? differs : [...differs, notEffective(ports.data, speaksTls, keyStore)];
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

/** With a key store that the API could not open, it is the settings that are wrong. */
function notEffective(port: number, speaksTls: boolean, keyStore: Subject['keyStore']): Diagnostic {
  if (speaksTls) return notRestarted(`the data port ${port} speaks TLS, and the configuration has none`);
  const what = `the configuration has TLS, and the data port ${port} does not speak it`;
  if (keyStore?.leaf) return notRestarted(what);
  const isWrong = keyStore?.diagnostics.some(({ severity }) => severity === 'error') === true;
  return {
    code: 'domino-tls-not-effective',
    severity: 'error',
    message: isWrong ? `${what}: it could not open its key store` : what,
    help: isWrong
      ? 'Mend the key store, see there; then on the console of Domino: tell restapi reload'
      : 'On the console of Domino: tell restapi reload. If it stays, the console shows what the task has against the settings.',
  };
}
