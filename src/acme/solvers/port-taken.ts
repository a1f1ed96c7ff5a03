/** Why a listener could not be opened, in words. */
import { KeepgateError } from '../../diagnostic.ts';
import { nameOf, type PortHolder, portHolder } from './port-holder.ts';

/** The error for a `listen` that failed with a code of errno(3). */
export function cannotListen(port: number, code: string): unknown {
  if (code === 'EADDRINUSE') return portTaken(port, portHolder(port));
  if (code === 'EACCES' || code === 'EPERM')
    return new KeepgateError(4, {
      code: 'port-not-permitted',
      message: `this user may not listen on port ${port}`,
      help: 'Ports below 1024 belong to root: run as root, or let nginx serve the challenges and give --webroot DIR.',
    });
  return new KeepgateError(4, {
    code: 'port-not-usable',
    message: `nothing can listen on port ${port}: ${code}`,
    help: 'Let a web server that is there already serve the challenges, and give --webroot DIR.',
  });
}

/** The error for a port that somebody else listens on. */
export function portTaken(port: number, holder: PortHolder | undefined): KeepgateError {
  return new KeepgateError(4, {
    code: 'port-taken',
    message: `port ${port} is taken by ${nameOf(holder)}`,
    help:
      holder?.program === 'nginx'
        ? 'Let nginx serve the challenges: a site that keepgate renders does so already, and --webroot DIR names the folder.'
        : `Stop it while the certificate is fetched${command(holder)}, or let it serve a folder and give --webroot DIR.`,
  });
}

const command = (holder: PortHolder | undefined): string =>
  holder?.pid === undefined ? '' : ` (ps -fp ${holder.pid} shows what it is)`;
