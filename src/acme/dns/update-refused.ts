/** Why a DNS server didn't carry out an update, in words: RFC 2136 §2.2 and §3.2, RFC 8945 §3. */
import { KeepgateError } from '../../diagnostic.ts';
import type { Verdict } from './tsig.ts';

interface Context {
  readonly server: string;
  readonly zone: string;
  readonly key: string;
}

const tsigErrors: Readonly<Record<number, readonly [name: string, reason: string]>> = {
  16: ['BADSIG', 'its secret for the key is another one than that in the key file'],
  17: ['BADKEY', 'it has no key of that name, or another algorithm for it'],
  18: ['BADTIME', 'its clock and the one here differ by more than five minutes'],
  22: ['BADTRUNC', 'it wants longer signatures'],
};

const codes: Readonly<Record<number, readonly [name: string, reason: string]>> = {
  1: ['FORMERR', 'it did not understand the message'],
  2: ['SERVFAIL', 'it failed; its log says why, most often it may not write the journal of the zone'],
  4: ['NOTIMP', 'it takes no dynamic updates'],
  5: ['REFUSED', 'the key may not change this name: see update-policy or allow-update of the zone'],
  9: ['NOTAUTH', 'it is not the primary server of the zone'],
  10: ['NOTZONE', 'the name lies outside of the zone'],
};

/** The error for an answer that says no. `code` is its RCODE. */
export function updateRefused(context: Context, code: number, verdict: Verdict, now: Date): KeepgateError {
  const tsig = tsigErrors[verdict.error];
  if (tsig) {
    const [name, reason] = tsig;
    return new KeepgateError(4, {
      code: 'dns-key-refused',
      message: `the DNS server ${context.server} refused the key ${context.key}: ${reason} (${name})`,
      help:
        skew(verdict, now) ??
        'Server and keyFile have to agree on the name of the key, its algorithm, its secret and the time.',
    });
  }
  const [name, reason] = codes[code] ?? [`RCODE ${code}`, 'it gave no reason'];
  return new KeepgateError(4, {
    code: 'dns-update-refused',
    message: `the DNS server ${context.server} did not update ${context.zone}: ${reason} (${name})`,
    help: 'The server has to be the primary of the zone, and let the key change TXT records below _acme-challenge.',
  });
}

function skew(verdict: Verdict, now: Date): string | undefined {
  if (!verdict.verified || verdict.serverTime === undefined) return undefined;
  const seconds = Math.round((verdict.serverTime.getTime() - now.getTime()) / 1000);
  return `Its clock is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the one here: set both by NTP.`;
}

export function serverSilent({ server }: Context): KeepgateError {
  return new KeepgateError(4, {
    code: 'dns-server-silent',
    message: `the DNS server ${server} does not answer, over UDP or TCP`,
    help: 'Check the address and port of the server, and that no firewall is in between: dig @SERVER SOA ZONE',
  });
}

/** An answer that anybody could have sent. */
export function unsigned({ server, key }: Context): KeepgateError {
  return new KeepgateError(4, {
    code: 'dns-answer-unsigned',
    message: `the answer of the DNS server ${server} is not signed with the key ${key}, so it proves nothing`,
    help: 'A server that knows the key signs what it answers. Something in between may answer in its place.',
  });
}
