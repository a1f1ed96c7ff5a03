/** The strings of a spec, found by walking it along its schema; and the strings that the schema has. */
import schema from '../../src/spec/schema.json' with { type: 'json' };
import { common, type Json, samples } from './samples.ts';

export interface Field {
  readonly sample: string;
  /** Where it stands, for people: `sites/site-a/hosts/0`; a key ends in `#`. */
  readonly path: string;
  readonly value: string;
  /** The schema's format; `enum` or `pattern` where it has none. */
  readonly format: string;
  /** A JSON Pointer to what the schema says about it. */
  readonly pointer: string;
  /** What a pattern or an enumeration allows. */
  readonly allows: (value: string) => boolean;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

interface Place {
  readonly node: Node;
  readonly pointer: string;
}

/** Every string field of all samples. Raw text is refused whatever else there is, so nothing else is varied beside it. */
export const fields: readonly Field[] = Object.entries(samples)
  .flatMap(([sample, spec]) => [...walk(sample, spec, { node: schema, pointer: '' }, '')])
  .filter(({ sample, value }) => sample === common.sample || !common.values.has(value))
  .filter(({ sample, format }) => format === 'raw' || !sample.startsWith('raw'));

function* walk(sample: string, value: Json, at: Place, path: string): Iterable<Field> {
  const place = chosen(dereferenced(at), value);
  const { node } = place;
  if (typeof value === 'string') {
    const field = fieldOf(sample, value, place, path);
    if (field) yield field;
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* walk(sample, item, below(place, 'items'), `${path}/${index}`);
  } else if (isNode(value)) {
    for (const [key, item] of Object.entries(value)) {
      const next = `${path}/${key}`;
      if (isNode(node.properties) && key in node.properties) {
        yield* walk(sample, item as Json, below(below(place, 'properties'), key), next);
        continue;
      }
      const name = fieldOf(sample, key, below(place, 'propertyNames'), `${next}#`);
      if (name) yield name;
      yield* walk(sample, item as Json, below(place, 'additionalProperties'), next);
    }
  }
}

function fieldOf(sample: string, value: string, { node, pointer }: Place, path: string): Field | undefined {
  const { format, pattern } = node;
  const words = node.enum;
  const common = { sample, path: path.slice(1), value, pointer };
  if (typeof format === 'string') return { ...common, format, allows: () => true };
  if (typeof pattern === 'string')
    return { ...common, format: 'pattern', allows: (text) => new RegExp(pattern).test(text) };
  if (Array.isArray(words)) return { ...common, format: 'enum', allows: (text) => words.includes(text) };
  return undefined; // a const: the name of a preset
}

/** Every place of the schema where a string of more than one text may stand. */
export function stringsOfSchema(): string[] {
  const found: string[] = [];
  const visit = (node: unknown, pointer: string): void => {
    if (Array.isArray(node)) for (const [index, item] of node.entries()) visit(item, `${pointer}/${index}`);
    if (!isNode(node)) return;
    const words = node.enum;
    const isWord = Array.isArray(words) && words.every((word) => typeof word === 'string');
    const isText = [node.type].flat().includes('string') || 'format' in node || 'pattern' in node;
    const isConst = 'const' in node;
    if ((isText || isWord) && !isConst) found.push(pointer);
    for (const [key, child] of Object.entries(node)) visit(child, `${pointer}/${key}`);
  };
  visit(schema, '');
  return found;
}

function below({ node, pointer }: Place, key: string): Place {
  const next = node[key];
  if (!isNode(next)) throw new Error(`the schema has no ${pointer}/${key}`);
  return dereferenced({ node: next, pointer: `${pointer}/${key}` });
}

function dereferenced(place: Place): Place {
  const reference = place.node.$ref;
  if (typeof reference !== 'string') return place;
  const [, , name = ''] = reference.split('/');
  const node = (schema.definitions as Record<string, unknown>)[name];
  if (!isNode(node)) throw new Error(`the schema has no ${reference}`);
  return dereferenced({ node, pointer: `/definitions/${name}` });
}

/** The branch of a `oneOf` that a preset's name asks for. */
function chosen(place: Place, value: Json): Place {
  if (!Array.isArray(place.node.oneOf) || !isNode(value)) return place;
  const branches = place.node.oneOf.map((node: Node) => dereferenced({ node, pointer: '' }));
  const branch = branches.find(({ node }) => {
    const properties = node.properties;
    return isNode(properties) && isNode(properties.name) && properties.name.const === value.name;
  });
  return branch ?? place;
}
