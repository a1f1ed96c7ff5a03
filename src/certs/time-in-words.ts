/** Spans of time and moments as people read them. */

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A span in milliseconds in its largest unit of which there are at least two, rounded down: `41 days`, `25 hours`. */
export function spanInWords(milliseconds: number): string {
  const span = Math.abs(milliseconds);
  const [unit, size] = units.find(([, size]) => span >= 2 * size) ?? (['second', 1000] as const);
  const count = Math.floor(span / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** How far a moment is from now: `in 41 days`, `5 hours ago`. */
export function fromNow(moment: Date, now: Date): string {
  const distance = moment.getTime() - now.getTime();
  return distance >= 0 ? `in ${spanInWords(distance)}` : `${spanInWords(distance)} ago`;
}

/** RFC 3339 in UTC, in whole seconds. */
export function timestamp(moment: Date): string {
  return moment.toISOString().replace(/\.\d+Z$/, 'Z');
}
