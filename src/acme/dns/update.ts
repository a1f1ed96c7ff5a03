/** Dynamic updates of a zone: RFC 2136, signed by RFC 8945. */
import { randomInt } from 'node:crypto';
import { encode } from 'dns-packet';
import { exchange } from './exchange.ts';
import { type DnsServer, shownServer } from './server.ts';
import { sign, verify } from './tsig.ts';
import type { TsigKey } from './tsig-key.ts';
import { serverSilent, unsigned, updateRefused } from './update-refused.ts';
import { classes, types, wireRecord, wireString } from './wire.ts';

/** A change of one TXT record. Records beside it stay as they are. */
export interface TxtChange {
  readonly action: 'add' | 'delete';
  readonly name: string;
  readonly value: string;
}

export interface UpdateTarget {
  readonly server: DnsServer;
  readonly zone: string;
  readonly key: TsigKey;
  readonly now: () => Date;
}

/** Seconds: nobody but the CA asks for it, and it is gone soon. */
const ttl = 60;
const updateOpcode = 5 << 11;

/**
 * Carries out a change, or none at all to see whether the server takes the key. Adding what is there, and deleting what
 * isn't, is no error (RFC 2136 §3.4.2).
 * @throws KeepgateError dns-server-silent, dns-update-refused, dns-key-refused, dns-answer-unsigned (4); the signal's reason
 */
export async function update(target: UpdateTarget, change?: TxtChange, signal?: AbortSignal): Promise<void> {
  const { server, zone, key, now } = target;
  const header = encode({ id: randomInt(65_536), flags: updateOpcode, questions: [{ name: zone, type: 'SOA' }] });
  const records = change ? [recordOf(change)] : [];
  header.writeUInt16BE(records.length, 8);
  const { message, mac } = sign(Buffer.concat([header, ...records]), key, now());
  const answer = await exchange(server, message, signal);
  const context = { server: shownServer(server), zone, key: key.name };
  if (answer === undefined) throw serverSilent(context);
  const verdict = verify(answer, key, mac, now());
  const code = (answer[3] ?? 0) & 0x0f;
  if (code !== 0 || verdict.error !== 0) throw updateRefused(context, code, verdict, now());
  if (!verdict.verified) throw unsigned(context);
}

/** RFC 2136 §2.5.1 and §2.5.4: a record is deleted by its value, so that others under the name stay. */
function recordOf({ action, name, value }: TxtChange): Buffer {
  const data = wireString(value);
  return action === 'add'
    ? wireRecord(name, types.txt, classes.in, ttl, data)
    : wireRecord(name, types.txt, classes.none, 0, data);
}
