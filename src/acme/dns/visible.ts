/** Waits until a TXT record can be seen where a CA looks for it: at every name server of the zone. */

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { decode, encode } from 'dns-packet';
import { KeepgateError } from '../../diagnostic.ts';
import { nameServers } from './authoritative.ts';
import { exchange } from './exchange.ts';
import type { Lookup } from './lookup.ts';
import { type DnsServer, shownServer } from './server.ts';

export interface VisibilityOptions {
  readonly lookup: Lookup;
  /** Milliseconds, at most. */
  readonly timeLimit: number;
  readonly signal?: AbortSignal | undefined;
  /** The port of the name servers: 53, but in tests. */
  readonly port?: number | undefined;
  readonly onProgress?: ((progress: VisibilityProgress) => void) | undefined;
}

/** After each look: how many of the servers that answer have the record. */
export interface VisibilityProgress {
  readonly name: string;
  readonly seen: number;
  readonly asked: number;
}

/** Milliseconds between two looks: the first, and what it grows to. */
const pauses = { first: 500, last: 10_000 } as const;

type Sight = 'has' | 'lacks' | 'silent';
const answered = (sight: Sight): boolean => sight !== 'silent';

/**
 * Asks each name server of the zone until all that answer have the record. Where none can be asked, because a firewall
 * lets out questions to the resolver alone, the resolver's word is taken.
 * @throws KeepgateError dns-record-not-visible (4); the signal's reason when it is aborted
 */
export async function untilVisible(name: string, value: string, options: VisibilityOptions): Promise<void> {
  const { lookup, timeLimit, signal, port, onProgress } = options;
  const deadline = performance.now() + timeLimit;
  const servers = await nameServers(name, lookup, port);
  for (let pause: number = pauses.first; ; pause = Math.min(pause * 1.5, pauses.last)) {
    const sights: Sight[] = await Promise.all(servers.map((server) => look(server, name, value, signal)));
    signal?.throwIfAborted();
    if (!sights.some(answered)) sights.push(await askResolver(lookup, name, value));
    const asked = sights.filter(answered).length;
    const seen = sights.filter((sight) => sight === 'has').length;
    onProgress?.({ name, seen, asked });
    if (asked > 0 && seen === asked) return;
    const left = deadline - performance.now();
    if (left <= 0) throw notVisible(name, servers, sights);
    await delay(Math.min(pause, left), undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

async function look(server: DnsServer, name: string, value: string, signal?: AbortSignal): Promise<Sight> {
  const question = encode({ type: 'query', id: randomInt(65_536), questions: [{ name, type: 'TXT' }] });
  const answer = await exchange(server, question, signal);
  if (answer === undefined) return 'silent';
  try {
    const records = decode(answer).answers ?? [];
    return records.some((record) => record.type === 'TXT' && textOf(record.data) === value) ? 'has' : 'lacks';
  } catch {
    return 'lacks'; // what it sent is no DNS message
  }
}

/** dns-packet gives the strings of a record one by one. */
function textOf(data: string | Buffer | readonly (string | Buffer)[]): string {
  return (Array.isArray(data) ? data : [data]).map(String).join('');
}

async function askResolver(lookup: Lookup, name: string, value: string): Promise<Sight> {
  const answer = await lookup.txt(name);
  if (answer.state === 'failed') return 'silent';
  return answer.state === 'found' && answer.records.includes(value) ? 'has' : 'lacks';
}

function notVisible(name: string, servers: readonly DnsServer[], sights: readonly Sight[]): KeepgateError {
  const lacking = servers.filter((_, index) => sights[index] === 'lacks').map(shownServer);
  const where = lacking.length > 0 ? `at ${lacking.join(', ')}` : 'at any name server of the zone';
  return new KeepgateError(4, {
    code: 'dns-record-not-visible',
    message: `the TXT record ${name} was made, but can't be seen ${where}`,
    help: `Secondary servers may take longer, or the record went into another zone. See for yourself: dig TXT ${name}`,
  });
}
