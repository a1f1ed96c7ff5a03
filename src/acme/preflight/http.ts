/** Whether each address of a name shows the answer to an http-01 challenge. */
import { isIP } from 'node:net';
import type { Diagnostic } from '../../diagnostic.ts';
import type { Answer, Lookup } from '../dns/lookup.ts';
import { challengePath } from '../solvers/http-path.ts';
import type { Challenge } from '../solvers/solver.ts';
import { isPrivate } from './address.ts';
import { type Fetched, fetchAsCa } from './fetch.ts';

export interface HttpOptions {
  /** Whether the CA asks from the internet, where private addresses lead nowhere. */
  readonly publicCa?: boolean | undefined;
  /** Where to connect instead of an address and its port: for tests on loopback. */
  readonly connectTo?:
    | ((address: string, port: number) => { readonly host: string; readonly port: number })
    | undefined;
  readonly lookup: Lookup;
  readonly signal: AbortSignal;
}

export async function checkHttp(name: string, probe: Challenge, options: HttpOptions): Promise<Diagnostic[]> {
  if (isIP(name) !== 0) return checkAddress(name, name, probe, options);
  const answers = await Promise.all([options.lookup.a(name), options.lookup.aaaa(name)]);
  const addresses = answers.flatMap((answer) => (answer.state === 'found' ? answer.records : []));
  if (addresses.length === 0) return [unresolved(name, answers)];
  return (await Promise.all(addresses.map((address) => checkAddress(name, address, probe, options)))).flat();
}

function unresolved(name: string, answers: readonly Answer<string>[]): Diagnostic {
  if (answers.some(({ state }) => state === 'missing')) {
    const message = `${name} does not exist in the DNS`;
    return {
      code: 'name-unknown',
      severity: 'error',
      message,
      help: 'Add an A or AAAA record that leads to this machine.',
    };
  }
  const failed = answers.find((answer) => answer.state === 'failed');
  if (failed) {
    const message = `${name} could not be looked up: ${failed.reason}`;
    return { code: 'name-not-resolved', severity: 'warning', message, help: `See whether others can: dig A ${name}` };
  }
  const message = `${name} has no address: neither an A nor an AAAA record`;
  return { code: 'name-without-address', severity: 'error', message, help: 'Add one that leads to this machine.' };
}

async function checkAddress(
  name: string,
  address: string,
  probe: Challenge,
  options: HttpOptions,
): Promise<Diagnostic[]> {
  const host = isIP(name) === 6 ? `[${name}]` : name;
  const { lookup, signal, connectTo = (at, port) => ({ host: at, port }) } = options;
  const addressOf = (other: string) => firstAddress(other, isIP(address), lookup);
  const url = `http://${host}${challengePath}${probe.token}`;
  const fetched = await fetchAsCa(url, address, { addressOf, connectTo, signal });
  const unreachable = options.publicCa === true && isPrivate(address) ? [privateAddress(name, address)] : [];
  return [...unreachable, ...judge(name, address, probe, fetched)];
}

/** Of the same family, where there is one. */
async function firstAddress(host: string, family: number, lookup: Lookup): Promise<string | undefined> {
  const answers = await Promise.all([lookup.a(host), lookup.aaaa(host)]);
  const addresses = answers.flatMap((answer) => (answer.state === 'found' ? answer.records : []));
  return addresses.find((address) => isIP(address) === family) ?? addresses[0];
}

function judge(name: string, address: string, probe: Challenge, fetched: Fetched): Diagnostic[] {
  // Trailing white space is let pass (RFC 8555 §8.3).
  if (fetched.state === 'answered' && fetched.status === 200 && fetched.body.trimEnd() === probe.keyAuthorization)
    return [];
  const place = name === address ? name : `${name} at ${address}`;
  if (fetched.state === 'silent') {
    const message = `${place} can't be reached from here on port 80: ${fetched.reason}`;
    const help =
      'That may be a router that does not lead its own address back inside. If it is a firewall, or an address of another ' +
      'machine, the CA will fail as well.';
    return [{ code: 'challenge-unreachable', severity: 'warning', message, help }];
  }
  const severity = isPrivate(address) ? 'warning' : 'error';
  const message = `${place} does not show the challenge: ${fetched.state === 'broken' ? fetched.reason : said(fetched)}`;
  const help =
    'Another machine or server block answers there, or the web server serves another folder. Each A and AAAA record has to ' +
    'lead to this machine, and its port 80 to the challenge.';
  return [{ code: 'challenge-not-served', severity, message, help }];
}

function said({ status, server, url }: Extract<Fetched, { state: 'answered' }>): string {
  const who = server === '' ? 'a server' : `a server that calls itself ${server}`;
  const where = new URL(url).origin;
  return status === 200 ? `${who} gave ${where} another answer` : `${who} answered ${status} at ${where}`;
}

function privateAddress(name: string, address: string): Diagnostic {
  const message = name === address ? `${address} is private` : `${name} resolves here to ${address}, which is private`;
  const help = 'A public CA can only reach public addresses. If others see another one for the name, all is well.';
  return { code: 'address-private', severity: 'warning', message, help };
}
