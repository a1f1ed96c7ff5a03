/** Many sites in one configuration, each with a hostile value that the spec takes. */
import fc from 'fast-check';
import { normalHost } from '../../src/spec/address.ts';
import { crafted } from './crafted.ts';
import { type Field, fields } from './fields.ts';
import { samples } from './samples.ts';
import { hostileValues } from './values.ts';
import { newest, oldest, outcomeOf, variant } from './variant.ts';

export interface Accepted {
  readonly field: Field;
  readonly value: string;
  /** One site and its upstreams. */
  readonly text: string;
}

/** Formats of values that nginx gets to see. */
const seen = new Set([
  ...['name', 'host', 'route', 'segment', 'backend-host', 'address', 'upstream', 'network', 'duration', 'seconds'],
  ...[
    'body-limit',
    'file-path',
    'header-name',
    'address-header',
    'header-value',
    'text',
    'realm',
    'media-type',
    'redirect-target',
  ],
]);
/** What several sites have to agree about. */
const shared = /^(nginx|acme|defaults)\//;

/** What PCRE knows and JavaScript does not: whether it is right, nginx alone can say. */
const judgedByNginx = /^~.*(?:\\[a-zA-Z0-9]|\[\^?\]|\(\?|\(\*|[*+?}][*+?{]|[\^$()|][*+?{]|\[[.:=])/s;

/** Values that are accepted for nginx 1.18 and for 1.30, of all fields in turn, each in a site of its own. */
export function acceptedValues(count: number, seed: number): Accepted[] {
  const places = fields.filter(({ format, path }) => seen.has(format) && !shared.test(path));
  const streams = places.map((field, index) => {
    const values = fc.sample(
      fc.oneof({ weight: 5, arbitrary: hostileValues(field.format, field.value) }, fc.constantFrom(...crafted)),
      {
        seed: seed + index,
        numRuns: 400,
      },
    );
    return { field, values: [...new Set(values)].filter((value) => value !== field.value) };
  });
  const taken = [...occupied, ...places.filter(({ format }) => format === 'file-path').map(({ value }) => value)];
  const accepted: Accepted[] = [];
  const hosts = new Set<string>();
  const names = new Set<string>();
  for (let round = 0; accepted.length < count && round < 400; round++) {
    for (const { field, values } of streams) {
      for (let value = values.pop(); value !== undefined; value = values.pop()) {
        const one = siteWith(field, value, accepted.length);
        if (
          one === undefined ||
          outcomeOf(one, newest).files === undefined ||
          outcomeOf(one, oldest).files === undefined
        )
          continue;
        if (field.format === 'route' && judgedByNginx.test(value)) continue;
        if (field.format === 'file-path') {
          if (taken.some((other) => overlap(value, other))) continue;
          taken.push(value);
        }
        if (field.format === 'host' && claimed(hosts, normalHost(value))) continue;
        if (['name', 'upstream'].includes(field.format) && !value.includes('/') && claimed(names, value)) continue;
        accepted.push({ field, value, text: one });
        break;
      }
      if (accepted.length === count) break;
    }
  }
  return accepted;
}

/** What keepgate, nginx and the sandbox have themselves: no sample lies there, above or below. */
const occupied = [
  ...['/etc/passwd', '/etc/group', '/etc/hosts', '/etc/nsswitch.conf', '/etc/nginx', '/etc/ssl/certs'],
  ...['/run', '/tmp', '/var/run', '/var/lock', '/var/tmp', '/var/cache/nginx', '/var/lib/nginx', '/var/log/nginx'],
  ...['/var/lib/keepgate', '/usr', '/lib', '/lib64', '/bin', '/sbin', '/dev', '/proc', '/sys'],
];

/** A file can't be a folder too. */
function overlap(path: string, other: string): boolean {
  return `${path}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${path}/`);
}

function claimed(set: Set<string>, value: string): boolean {
  const had = set.has(value);
  set.add(value);
  return had;
}

function siteWith(field: Field, value: string, index: number): string | undefined {
  const sample = samples[field.sample];
  if (sample === undefined) return undefined;
  const stand = 'VALUE-UNDER-TEST';
  const { text } = variant(sample, field.value, stand);
  const { version, upstreams, sites } = JSON.parse(text);
  const one = JSON.stringify({ version, ...(upstreams && { upstreams }), sites }, null, 1)
    .replace(/"((?:[a-z]+\.)?[a-d])\.example"/g, `"$1-${index}.example"`)
    .replaceAll('"site-a"', `"site-${index}"`)
    .replace(/"(backend|several|secure)"/g, `"$1-${index}"`);
  return one.replaceAll(`"${stand}"`, () => JSON.stringify(value));
}
