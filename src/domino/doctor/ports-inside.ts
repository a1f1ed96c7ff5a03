import type { Subject } from './subject.ts';

/** The event bus. */
const firehose = 42_424;

/** The ports of the API that clients have no business at, the one that they use left out. */
export const portsInside = ({ ports, httpsPort }: Subject) =>
  (
    [
      { role: 'management', port: ports.management },
      { role: 'metrics', port: ports.metrics },
      { role: 'health', port: ports.health },
      { role: 'data', port: ports.data },
      { role: 'event', port: firehose },
    ] as const
  ).filter(({ port }) => port !== httpsPort);
