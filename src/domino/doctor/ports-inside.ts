import { iniValue } from '../notes-ini.ts';
import type { Subject } from './subject.ts';

/** Where the API delivers events: `Firehoseport` in notes.ini. */
export function eventPortOf(notesIni: Buffer | undefined): number {
  const value = notesIni && iniValue(notesIni, 'Firehoseport');
  return value !== undefined && /^\d{1,5}$/.test(value) && Number(value) > 0 ? Number(value) : 42_424;
}

/** The ports of the API that clients have no business at, the one that they use left out. */
export const portsInside = ({ ports, eventPort, httpsPort }: Subject) =>
  (
    [
      { role: 'management', port: ports.management },
      { role: 'metrics', port: ports.metrics },
      { role: 'health', port: ports.health },
      { role: 'data', port: ports.data },
      { role: 'event', port: eventPort },
    ] as const
  ).filter(({ port }) => port !== httpsPort);
