/** A parsed document against the schema: every mistake at once, each in the words of the person who made it. */
import { type Diagnostic, moreFindings, mostFindings } from '../diagnostic.ts';
import { type Path, printable, type SpecDocument } from './document.ts';
import { formatProblem } from './formats.ts';
import schema from './schema.json' with { type: 'json' };
import { suggest } from './suggest.ts';
import { type SchemaError, validate } from './validate.gen.js';

/** What the schema has against a document; empty when it is a `Spec`. Each finding costs a look through the file for its place. */
export function validateDocument(document: SpecDocument): Diagnostic[] {
  if (validate(document.value)) return [];
  const diagnostics: Diagnostic[] = [];
  const errors = validate.errors ?? [];
  for (const [index, error] of errors.entries()) {
    const path = pathOf(error.instancePath);
    const finding = describe(error, path, document.value);
    if (!finding) continue;
    const { code, message, key, what } = finding;
    const at = document.locate(key === undefined ? path : [...path, key], what);
    diagnostics.push({ code, severity: 'error', message, ...(at && { at }) });
    if (diagnostics.length < mostFindings) continue;
    const more = errors.slice(index + 1).filter(({ keyword }) => !consequences.has(keyword)).length;
    if (more > 0) diagnostics.push(moreFindings(document.file, 'error', more));
    break;
  }
  return diagnostics;
}

/** What the schema says besides, of which nothing is told. */
const consequences: ReadonlySet<string> = new Set(['propertyNames', 'oneOf']);

interface Finding {
  code: string;
  message: string;
  /** A step below the error's path, when the place is a key there. */
  key?: string;
  what: 'key' | 'value';
}

function describe(error: SchemaError, path: Path, root: unknown): Finding | undefined {
  const { keyword, params } = error;
  const value = error.propertyName ?? valueAt(root, path);
  const shown = show(value);
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params.additionalProperty);
      return { code: 'unknown-key', message: unknownKey(key, path, root), key, what: 'key' };
    }
    case 'required': {
      const missing = String(params.missingProperty);
      if (isMisspelt(missing, value, path, root)) return undefined;
      return { code: 'missing-key', message: `${place(path)} lacks "${missing}"`, what: 'key' };
    }
    case 'type':
      return { code: 'wrong-type', message: wrongType(value, params.type, path), what: 'value' };
    case 'enum':
    case 'const': {
      const allowed = keyword === 'enum' ? [params.allowedValues].flat() : [params.allowedValue];
      return { code: 'unknown-value', message: `${shown} ${notOneOf(value, allowed)}`, what: 'value' };
    }
    case 'discriminator': {
      const tag = params.tagValue;
      if (tag === undefined) return undefined;
      const message = `${show(tag)} ${notOneOf(tag, ['rest-api', 'domino-rest-api'])}`;
      return { code: 'unknown-value', message, key: 'name', what: 'value' };
    }
    case 'format': {
      const format = String(params.format);
      const problem = formatProblem(format, String(value)) ?? 'is not valid';
      const key = error.propertyName;
      const message = `${shown} ${problem}`;
      return {
        code: `invalid-${format}`,
        message,
        ...(key !== undefined && { key }),
        what: key === undefined ? 'value' : 'key',
      };
    }
    case 'pattern':
      return { code: 'invalid-text', message: `${shown} does not have the form ${params.pattern}`, what: 'value' };
    case 'propertyNames':
    case 'oneOf':
      return undefined;
    default:
      return { code: 'out-of-range', message: `${place(path)} ${outOfRange(keyword, params.limit)}`, what: 'value' };
  }
}

function outOfRange(keyword: string, limit: unknown): string {
  switch (keyword) {
    case 'minimum':
      return `must be ${limit} or more`;
    case 'maximum':
      return `must be ${limit} or less`;
    case 'minItems':
    case 'minProperties':
      return limit === 1 ? 'must not be empty' : `needs at least ${limit} entries`;
    case 'maxItems':
    case 'maxProperties':
      return `has more than ${limit} entries`;
    default:
      return 'has the same entry twice';
  }
}

function unknownKey(key: string, path: Path, root: unknown): string {
  const options = optionsAt(path, root);
  const near = suggest(key, options);
  if (options.length === 0) return `"${printable(key)}" is not an option of ${noun(path)}`;
  const end = near ? `; did you mean "${near}"?` : `; its options are ${options.join(', ')}`;
  return `"${printable(key)}" is not an option of ${noun(path)}${end}`;
}

/** Whether one of the unknown keys beside a missing one is reported as a misspelling of it. */
function isMisspelt(missing: string, group: unknown, path: Path, root: unknown): boolean {
  const options = optionsAt(path, root);
  return Object.keys(Object(group)).some((key) => !options.includes(key) && suggest(key, options) === missing);
}

/** The options that the schema knows for the value at a path of a spec. */
function optionsAt(path: Path, root: unknown): string[] {
  let node = dereferenced(schema);
  for (const [index, step] of path.entries()) {
    const next = typeof step === 'number' ? property(node, 'items') : property(property(node, 'properties'), step);
    const value = valueAt(root, path.slice(0, index + 1));
    node = branch(dereferenced(next ?? property(node, 'additionalProperties')), property(value, 'name'));
  }
  return Object.keys(Object(property(node, 'properties')));
}

/** Of several kinds of a value, the one that its name says. */
function branch(node: unknown, name: unknown): unknown {
  const kinds = property(node, 'oneOf');
  if (!Array.isArray(kinds)) return node;
  const isNamed = (kind: unknown) => property(property(property(kind, 'properties'), 'name'), 'const') === name;
  return kinds.map(dereferenced).find(isNamed) ?? node;
}

function dereferenced(node: unknown): unknown {
  const reference = property(node, '$ref');
  return typeof reference === 'string' ? property(schema.definitions, reference.replace('#/definitions/', '')) : node;
}

function noun(path: Path): string {
  const [first, , third] = path;
  if (path.length === 0) return 'a spec';
  if (first === 'sites' && path.length === 2) return 'a site';
  if (first === 'upstreams' && path.length === 2) return 'an upstream';
  if (first === 'sites' && third === 'routes' && path.length === 4) return 'a route';
  const last = path.at(-1);
  return typeof last === 'number' ? `an entry of "${String(path.at(-2))}"` : `"${String(last)}"`;
}

function place(path: Path): string {
  const [first, second] = path;
  if (path.length === 2 && first === 'sites') return `the site "${second}"`;
  if (path.length === 2 && first === 'upstreams') return `the upstream "${second}"`;
  return path.length === 0 ? 'the spec' : noun(path);
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'a group of options',
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'null',
};

/** What stands in a group of options, for who wrote a plain value in its place. */
const groupExample: Readonly<Record<string, string>> = {
  preset: '{name: rest-api, …} or {name: domino-rest-api}',
  hsts: '{maxAge: 63072000}, in seconds',
  clientAuth: '{ca: /etc/ssl/clients.pem}',
  timeouts: '{read: 60s}',
  trustedProxies: '{from: [10.0.0.0/8]}',
  basicAuth: '{userFile: /etc/nginx/htpasswd}',
  redirect: '{to: /new}',
  respond: '{status: 204}',
  metrics: '{allow: [10.0.0.5]}',
  health: '{allow: [10.0.0.5]}',
};

function wrongType(value: unknown, wanted: unknown, path: Path): string {
  const list = (Array.isArray(wanted) ? wanted : String(wanted).split(',')).map((type) => typeNames[type] ?? type);
  const quoted =
    typeof value !== 'object' && list.includes('a text') ? '; put it in quotes if it is meant as a text' : '';
  const hint = typeof value === 'string' && list.includes('a list') ? `; write [${printable(value)}]` : quoted;
  const unquote = typeof value === 'string' && !list.includes('a text') && !hint ? withoutQuotes(value, list) : hint;
  const expected = `where ${list.join(' or ')} is expected`;
  const example = groupExample[String(path.at(-1))];
  if (list.length === 1 && list[0] === 'a group of options' && example) {
    const subject =
      value === null
        ? `${place(path)} is empty`
        : `${typeof value === 'object' ? 'this' : show(value)} is ${typeOf(value)}`;
    return `${subject} ${expected}; write ${example}`;
  }
  if (typeof value === 'number' && ['connect', 'send', 'read', 'timeout'].includes(String(path.at(-1))))
    return `${value} has no unit; write ${value}s`;
  if (value === null) return `${place(path)} is empty ${expected}`;
  if (typeof value === 'boolean') return `${value} stands ${expected}${unquote}`;
  return `${typeof value === 'object' ? 'this' : show(value)} is ${typeOf(value)} ${expected}${unquote}`;
}

function withoutQuotes(text: string, wanted: readonly string[]): string {
  if (/^(true|false|\d+)$/.test(text)) return '; write it without quotes';
  return wanted.includes('true or false') ? '; write true or false' : '';
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeNames[typeof value] ?? typeof value;
}

function notOneOf(value: unknown, allowed: readonly unknown[]): string {
  const words = allowed.map(String);
  const near = typeof value === 'string' ? suggest(value, words) : undefined;
  const unquoted = typeof value === 'string' && allowed.some((word) => word !== value && String(word) === value);
  const list = words.length === 1 ? words[0] : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
  if (unquoted) return `is a text, and not ${list}; write it without quotes`;
  return near ? `is not ${list}; did you mean ${near}?` : `is not ${list}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${printable(value)}"`;
  if (Array.isArray(value)) return 'this list';
  if (typeof value === 'object' && value !== null) return 'this group of options';
  return String(value);
}

function pathOf(pointer: string): (string | number)[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => {
    const text = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : text;
  });
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((node, step) => property(node, step), root);
}

function property(node: unknown, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(Object(node), key)?.value;
}
