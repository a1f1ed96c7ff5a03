/** How much of a response nginx holds in memory for each connection. */
import type { ResponseBuffers } from './site.ts';

/**
 * The three belong together, or nginx refuses them: the headers of a response have to fit into the first buffer, and what is on its
 * way to a client takes as much, but never all of the buffers. The rest grows slower, since it is there for each connection.
 */
export function responseBuffers(headerLimit: string): ResponseBuffers {
  const header = Number.parseInt(headerLimit, 10); // in kilobytes, as the grammar has it
  const body = Math.max(16, Math.ceil(header / 4));
  return { header: `${header}k`, body: `${body}k`, busy: `${Math.max(header, 2 * body)}k` };
}
