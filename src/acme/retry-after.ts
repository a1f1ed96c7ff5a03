/** A year: more is nonsense, and would not fit into a date. */
const most = 366 * 86_400_000;

/**
 * Milliseconds to wait by a Retry-After header, seconds or an HTTP date (RFC 9110, section 10.2.3); undefined without a
 * usable one. A date counts from the Date header of the same answer where there is one, so that no clock of ours matters.
 */
export function parseRetryAfter(value: string | undefined, date: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Math.min(Number(value) * 1000, most);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const from = Date.parse(date ?? '');
  return Math.min(Math.max(0, until - (Number.isNaN(from) ? now.getTime() : from)), most);
}
