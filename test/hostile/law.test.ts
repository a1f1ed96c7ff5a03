import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { crafted } from './crafted.ts';
import { harmless, madeOfUrls, rendered } from './expectations.ts';
import { type Field, fields, stringsOfSchema } from './fields.ts';
import { samples } from './samples.ts';
import { hostileValues } from './values.ts';
import { mark, newest, type Outcome, oldest, outcomeOf, type Variant, variant } from './variant.ts';

const seed = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31);
const total = 12_000;
/** One field of each format, for the values that are tried with all of them. */
const oneOfEach = new Map(fields.map((field) => [field.format, field]));
/** Some are the valid value itself, and don't count. */
const each = Math.ceil((1.1 * total - oneOfEach.size * crafted.length) / fields.length);

/** By format; the crafted values, most of which hardly any format takes, are counted by themselves. */
const counts = new Map<string, { tried: number; accepted: number }>();
/** Formats that let few strings pass or, like `raw`, none. */
const narrow = new Set(['crafted', 'raw', 'enum', 'pattern', 'certificate', 'challenge', 'target']);

afterAll(() => {
  const tried = [...counts.values()].reduce((sum, count) => sum + count.tried, 0);
  const accepted = [...counts.values()].reduce((sum, count) => sum + count.accepted, 0);
  console.info(`hostile values: ${tried} in ${fields.length} places, ${accepted} accepted; HOSTILE_SEED=${seed}`);
});

it('the samples hold every string that the schema has', () => {
  const held = new Set(fields.map(({ pointer }) => pointer));
  expect(stringsOfSchema().filter((pointer) => !held.has(pointer))).toEqual([]);
});

/** Of a format that few places have, more is tried in each: some take no more than an eighth of what comes. */
function runsOf({ format }: Field): number {
  const places = fields.filter((field) => field.format === format).length;
  return Math.max(each, Math.ceil(250 / places));
}

describe.each(Object.keys(samples))('%s', (sample) => {
  for (const target of [oldest, newest])
    it(`is accepted as it is, for nginx ${target.version}`, () => {
      expect(
        outcomeOf(JSON.stringify(samples[sample]), target).diagnostics.filter(({ code }) => code !== 'raw-not-allowed'),
      ).toEqual([]);
    });

  const here = fields.filter((field) => field.sample === sample);
  it.each(here.map((field) => [`${field.path} (${field.format})`, field] as const))(
    'a value never becomes a directive: %s',
    (_, field) => {
      const law = fc.property(
        hostileValues(field.format, field.value),
        fc.constantFrom(newest, newest, oldest),
        (value, target) => check(field, value, target),
      );
      fc.assert(law, { seed: seed + fields.indexOf(field), numRuns: runsOf(field) });
    },
  );
});

describe('every crafted value', () => {
  it.each([...oneOfEach])('as %s', (_, field) => {
    for (const value of crafted)
      try {
        check(field, value, newest, 'crafted');
      } catch (error) {
        throw new Error(`${field.path}: ${JSON.stringify(value)}`, { cause: error });
      }
  });
});

it('enough was tried, and enough of it accepted to say something', () => {
  const sums = [...counts.values()].reduce((sum, { tried }) => sum + tried, 0);
  expect(sums).toBeGreaterThanOrEqual(10_000);
  for (const [format, { tried, accepted }] of counts)
    if (!narrow.has(format))
      expect(accepted / tried, `${format}: ${accepted} of ${tried} were accepted`).toBeGreaterThan(0.05);
});

function check(field: Field, value: string, target: typeof newest, counted = field.format): void {
  const { format, allows } = field;
  const sample = samples[field.sample];
  if (sample === undefined || value === field.value) return;
  const count = counts.get(counted) ?? { tried: 0, accepted: 0 };
  counts.set(counted, count);
  count.tried++;
  const { text, places } = variant(sample, field.value, value);
  const outcome = outcomeOf(text, target);
  if (outcome.files === undefined) {
    const found = outcome.diagnostics.map(({ code, at }) => ({ code, line: at?.line, column: at?.column }));
    // What raw text is refused for is that there is any; what a preset makes of a value is refused at the preset.
    if (format === 'raw') places.push(...variant(sample, 'raw', 'raw').places);
    if (field.path.includes('/preset/')) places.push(...variant(sample, 'preset', 'preset').places);
    if (format === 'network') places.push(...listAround(text, places));
    const pointing = places.some(({ line, column }) => found.some((at) => at.line === line && at.column === column));
    expect(pointing, `of ${JSON.stringify(found)} none points at ${JSON.stringify(places)}`).toBe(true);
    return;
  }
  count.accepted++;
  expect(allows(value), 'the pattern or the list of the schema').toBe(true);
  const marker = harmless(field, value);
  if (marker === undefined || marker === value) return;
  const plain = plainOutcome(field, marker, target);
  if (plain.files === undefined) throw new Error(`the marker ${marker} is refused: ${plain.diagnostics[0]?.message}`);
  compare(plain.files, outcome.files, new Replacement(field, marker, value));
}

/** A list that is too wide is refused at the list. */
function listAround(text: string, [first]: Variant['places']): Variant['places'] {
  const lines = text.split('\n');
  const line = lines.findLastIndex((source, index) => index < (first?.line ?? 0) && source.endsWith('['));
  return [{ line: line + 1, column: lines[line]?.length ?? 0 }];
}

const plains = new Map<string, Outcome>();

function plainOutcome(field: Field, marker: string, target: typeof newest): Outcome {
  const key = JSON.stringify([field.sample, field.value, marker, target.version]);
  const known = plains.get(key) ?? outcomeOf(variant(samples[field.sample] ?? null, field.value, marker).text, target);
  plains.set(key, known);
  return known;
}

/** What a token with the marker in it has to be with the value. */
class Replacement {
  readonly #pairs: readonly (readonly [from: string, to: string])[];
  readonly #names: RegExp | undefined;
  readonly #made = new Map<string, string>();

  constructor(field: Field, marker: string, value: string) {
    const to = rendered(field, value);
    this.#pairs = rendered(field, marker).map((from, index) => [from, to[index] ?? '']);
    this.#names = madeOfUrls.has(field.format) && marker.includes(':') ? /^(https?:\/\/)?(keepgate_.*)$/ : undefined;
  }

  of(plain: string, seen: string): string {
    const name = this.#names?.exec(plain);
    if (name) {
      const [, scheme = '', made = ''] = name;
      const now = seen.slice(scheme.length);
      if (!/^keepgate_[a-z0-9._-]+$/.test(now)) return plain;
      this.#made.set(made, this.#made.get(made) ?? now);
      return `${scheme}${this.#made.get(made)}`;
    }
    const stand = (index: number): string => `\ufffc${index}\ufffc`;
    const held = this.#pairs.reduce((text, [from], index) => text.split(from).join(stand(index)), plain);
    return this.#pairs.reduce((text, [, to], index) => text.split(stand(index)).join(to), held);
  }
}

function compare(
  plain: NonNullable<Outcome['files']>,
  seen: NonNullable<Outcome['files']>,
  replacement: Replacement,
): void {
  expect(seen.size).toBe(plain.size);
  const files = [...seen];
  for (const [index, [path, tokens]] of [...plain].entries()) {
    const [otherPath = '', others = []] = files[index] ?? [];
    expect(otherPath).toBe(replacement.of(path, otherPath));
    const marks = new Set<string>(Object.values(mark));
    const expected = tokens.map((token, at) => (marks.has(token) ? token : replacement.of(token, others[at] ?? '')));
    if (expected.length === others.length && expected.every((token, at) => token === others[at])) continue;
    expect(others, path).toEqual(expected);
  }
}
