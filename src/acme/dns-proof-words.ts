import type { AcmeProblem } from './problem.ts';

/** What a CA says of the record of a dns-01 challenge; everything else means the same for each kind of proof. */
const aboutTheRecord = ['unauthorized', 'incorrectResponse', 'dns', 'connection'];

/** The way out when a CA did not find its TXT record (RFC 8555, section 8.4); undefined for a problem that is another one. */
export function dnsProofHelp({ type }: AcmeProblem, name: string): string | undefined {
  if (!aboutTheRecord.includes(type)) return undefined;
  const zone = name.replace(/^\*\./, '');
  return `Either the record was not made, or not every name server of the zone has it yet, or it belongs elsewhere (a CNAME, a zone below). While it runs, ask each name server: dig _acme-challenge.${zone} TXT @NAMESERVER; \`dig ${zone} NS\` lists them.`;
}
