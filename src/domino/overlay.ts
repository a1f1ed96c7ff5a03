/** How the files of keepconfig.d become one configuration: in alphabetical order, the environment last. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export interface Overlay {
  /** The file's name, which ends in `.json`. */
  readonly name: string;
  readonly settings: JsonObject;
}

export interface Layers {
  /** In any order. */
  readonly overlays: readonly Overlay[];
  /** The environment of the process, as far as it is known. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What messages call the environment. */
export const theEnvironment = 'the environment';

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The member of an object that is its own. */
export const member = (object: Json | undefined, key: string): Json | undefined =>
  isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;

/** The value at the end of a path of keys; undefined where there is none. */
export const valueAt = (settings: JsonObject, path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>(member, settings);

/** Objects are merged key by key; arrays and all else are replaced. */
export function merge(weaker: JsonObject, stronger: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(weaker));
  for (const [key, value] of Object.entries(stronger)) {
    const before = merged.get(key);
    merged.set(key, isObject(before) && isObject(value) ? merge(before, value) : value);
  }
  // fromEntries defines, so that a key `__proto__` is a key like any other.
  return Object.fromEntries(merged);
}

/** The configuration that the API makes of its files and its environment. */
export const overlaid = (layers: Layers): JsonObject =>
  inOrder(layers).reduce<JsonObject>((weaker, { settings }) => merge(weaker, settings), {});

/** The layer that a value comes from: a file's name or `theEnvironment`; undefined when none sets it. */
export function originOf(layers: Layers, path: readonly string[]): string | undefined {
  let origin: string | undefined;
  for (const { name, settings } of inOrder(layers)) {
    for (let length = 1; length <= path.length; length += 1) {
      const value = valueAt(settings, path.slice(0, length));
      if (value === undefined) break;
      if (length === path.length) origin = name;
      else if (!isObject(value)) origin = undefined;
    }
  }
  return origin;
}

/** By code units, as Java compares. */
function inOrder({ overlays, environment = {} }: Layers): Overlay[] {
  const files = [...overlays].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  const entries = Object.entries(environment).map(([key, text]) => [key, key === 'TLSPassword' ? text : typed(text)]);
  return [...files, { name: theEnvironment, settings: Object.fromEntries(entries) }];
}

/** A variable is a text; where it looks like a number or a truth value, it counts as one. */
function typed(text: string): Json {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}
