/** How backends read the path of a request line, each in its own way: what one of them makes of it, for a router to compare. */

type Reading = (raw: string) => string;

const cutQuery: Reading = (raw) => raw.replace(/\?.*$/s, '');
const cutFragment: Reading = (raw) => raw.replace(/#.*$/s, '');
const cutParameters: Reading = (path) => path.replace(/;[^/]*/g, '');
const lower: Reading = (path) => path.toLowerCase();
const merged: Reading = (path) => path.replace(/\/{2,}/g, '/');
const slashes: Reading = (path) => path.replaceAll('\\', '/');
const withoutEnd: Reading = (path) => path.replace(/(?<=.)\/$/, '');
const withoutControls: Reading = (path) => path.replace(/\p{Cc}/gu, '');
const withoutEnding: Reading = (path) => path.replace(/(?<=[^/])(?:[ .\u200b\u00a0]+|\.(?:json|x))\/?$/u, '');
const untilNul: Reading = (path) => path.replace(/\0.*$/s, '');

/** Of what is no UTF-8 a router knows nothing, but it still sees the segments around it. */
const decoded: Reading = (path) =>
  path.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());

/** What can't stand in a URL but encoded, which even a router that decodes nothing knows as such. */
const readable: Reading = (path) => path.replace(/(?:%[89a-f][0-9a-f])+/gi, decoded);

const resolved: Reading = (path) => {
  const segments: string[] = [];
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') segments.pop();
    else if (segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
};

const asUrl: Reading = (raw) => {
  try {
    return new URL(raw, 'http://x').pathname;
  } catch {
    return raw;
  }
};

const steps =
  (...readings: readonly Reading[]): Reading =>
  (raw) =>
    readings.reduce((path, read) => read(path), raw);

export const readings: Readonly<Record<string, Reading>> = {
  'as it is': steps(cutQuery, readable),
  'in any case': steps(cutQuery, readable, lower, withoutEnd),
  'until a fragment': steps(cutFragment, cutQuery, readable, resolved, lower),
  decoded: steps(cutQuery, decoded, lower, withoutEnd),
  'decoded, then resolved': steps(cutQuery, decoded, merged, resolved),
  'resolved, then decoded': steps(cutQuery, merged, resolved, decoded, lower),
  'without parameters': steps(cutQuery, cutParameters, decoded, merged, resolved),
  'without parameters and in any case': steps(cutQuery, cutParameters, merged, resolved, decoded, lower, withoutEnd),
  'as a URL': steps(asUrl, readable),
  'as a URL, decoded': steps(asUrl, decoded, lower, withoutEnd),
  'with any ending': steps(cutQuery, decoded, untilNul, withoutEnding, lower),
  'as Windows has it': steps(cutQuery, decoded, slashes, merged, resolved, withoutEnding, lower),
  'without control characters': steps(cutQuery, cutParameters, decoded, withoutControls, merged, resolved, lower),
};
