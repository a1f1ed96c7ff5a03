/** What sites ask of what is shared, read from their files: those that 0.1.0 installed, and those that were only rendered. */
import type { Claim, MachineSettings } from '../model/claims.ts';
import { hostProblem } from '../spec/address.ts';
import { blocksOf, valuesOf } from './own-text.ts';
import { isSocket } from './parse-records.ts';

/** Of the file of one site. */
export function claimOfText(text: string | Uint8Array): Claim {
  const blocks = blocksOf(text);
  const values = (name: string): string[][] => blocks.flatMap((block) => valuesOf(block, name));
  const listens = values('listen').map(([address = '', ...words]) => ({ address, words }));
  const sockets = (has: (words: readonly string[]) => boolean): string[] =>
    unique(listens.filter(({ address, words }) => isSocket(address) && has(words)).map(({ address }) => address));
  const protocols = values('ssl_protocols').flat();
  return {
    hosts: unique(values('server_name').flat()).filter((host) => hostProblem(host) === undefined),
    http: sockets((words) => !words.includes('ssl') && !words.includes('quic')),
    https: sockets((words) => words.includes('ssl')),
    http2: values('http2').length > 0 || listens.some(({ words }) => words.includes('http2')),
    http3: listens.some(({ words }) => words.includes('quic')),
    profile: protocols.length > 0 && !protocols.includes('TLSv1.2') ? 'modern' : 'intermediate',
    clientCa: values('ssl_client_certificate')[0]?.[0] ?? null,
  };
}

/** Of the shared file: who answers for unknown hosts, unless it is as keepgate does it by itself. */
export function settingsOfText(text: string | Uint8Array): MachineSettings {
  const listens = blocksOf(text).flatMap((block) => valuesOf(block, 'listen'));
  if (listens.length === 0) return { defaultServer: 'off' };
  return listens.every((words) => words.includes('ssl') || words.includes('quic')) ? { defaultServer: 'https' } : {};
}

const unique = (words: readonly string[]): string[] => [...new Set(words)];
