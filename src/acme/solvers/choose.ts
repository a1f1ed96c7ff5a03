/** Which challenge is used: what was asked for, else what this machine can do. */
import { isIP } from 'node:net';
import process from 'node:process';
import { KeepgateError } from '../../diagnostic.ts';
import type { DnsOptions } from './dns-rfc2136.ts';
import { httpStandalone } from './http-standalone.ts';
import { httpWebroot } from './http-webroot.ts';
import { solverOf } from './index.ts';
import { nameOf, type PortHolder, portHolder, runs } from './port-holder.ts';
import { portTaken } from './port-taken.ts';
import type { ChallengeChoice, Solver } from './solver.ts';

export interface SolverMachine {
  /** What nginx serves challenges from. */
  readonly challengeRoot: string;
  /** Where a CA asks for http-01: 80, but in tests. */
  readonly port?: number;
  readonly dns?: DnsOptions;
}

export interface Chosen {
  readonly solver: Solver;
  /** A clause for people: why this one. */
  readonly why: string;
}

/**
 * @throws KeepgateError wildcard-needs-dns, address-needs-http (1); port-taken, port-not-permitted, port-not-usable,
 * tsig-key-not-usable (4)
 */
export async function chooseSolver(
  choice: ChallengeChoice | undefined,
  names: readonly string[],
  machine: SolverMachine,
): Promise<Chosen> {
  const overDns = typeof choice === 'object' && 'dns-01' in choice;
  const wildcard = names.find((name) => name.startsWith('*.'));
  if (wildcard !== undefined && !overDns) throw wildcardNeedsDns(wildcard);
  const address = names.find((name) => isIP(name) !== 0);
  if (address !== undefined && overDns) throw addressNeedsHttp(address);
  if (choice !== undefined && choice !== 'http-01')
    return { solver: solverOf(choice, machine.dns), why: 'it was asked for' };
  return byWhatRuns(machine);
}

async function byWhatRuns({ challengeRoot, port = 80 }: SolverMachine): Promise<Chosen> {
  const holder = portHolder(port);
  if (holder === undefined) return standalone(port);
  if (holder.pid === process.pid)
    return { solver: httpStandalone({ port }), why: `keepgate itself listens on port ${port} already` };
  if (!isNginx(holder)) throw portTaken(port, holder);
  const why = `${nameOf(holder)} listens on port ${port}, and serves challenges from ${challengeRoot}`;
  return { solver: httpWebroot(challengeRoot), why };
}

/** Only root sees whose a socket is; that an nginx runs, everybody sees. */
function isNginx({ program }: PortHolder): boolean {
  return program === undefined ? runs('nginx') : program === 'nginx';
}

/** Opened once to see whether it may be. */
async function standalone(port: number): Promise<Chosen> {
  const solver = httpStandalone({ port });
  await solver.prepare?.([]);
  await solver.close?.();
  return { solver, why: `nothing listens on port ${port}, so keepgate answers there itself` };
}

function wildcardNeedsDns(name: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'wildcard-needs-dns',
    message: `${name} can't be proven over http-01: a CA wants a TXT record for a wildcard`,
    help:
      'Give --dns-exec HOOK, or set acme.challenge to {dns-01: {exec: ./hook}} or {dns-01: {rfc2136: {server, zone, ' +
      'keyFile}}}, or list the names one by one.',
  });
}

function addressNeedsHttp(address: string): KeepgateError {
  return new KeepgateError(1, {
    code: 'address-needs-http',
    message: `${address} is an IP address: no DNS record proves it (RFC 8738), only http-01 does`,
    help: 'Get a certificate of its own for the address, with the challenge http-01.',
  });
}
