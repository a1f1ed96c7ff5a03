/** One spec file: its plain value and the position of everything in it. YAML 1.2 core schema; JSON is read as what it is, YAML. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type Diagnostic, type Location, moreFindings, mostFindings } from '../diagnostic.ts';
import { forbiddenCharacter } from './characters.ts';
import { multiLine } from './formats.ts';

/** Keys of a value from the root of a document. */
export type Path = readonly (string | number)[];

export interface SpecSource {
  /** The name shown to people: the path as it was given, or `<stdin>`. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

const largest = 1_000_000;
const deepest = 32;
/** Brackets. */
const mostOpen = 1000;
/** Of errors of syntax: most are consequences of the first. */
const mostErrors = 20;

export class SpecDocument {
  readonly file: string;
  readonly text: string;
  /** Plain objects, arrays and scalars; undefined when the text could not be read. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  readonly #document: Document.Parsed | undefined;
  /** Made when they are first asked for, so that a thousand findings in a large file take no thousand walks through it. */
  readonly #pairs = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();
  #lineStarts: readonly number[] | undefined;

  /** Never throws: what is wrong with the text is in `diagnostics`. */
  constructor(source: SpecSource) {
    this.file = source.file;
    const decoded = decode(source.bytes);
    if ('message' in decoded) {
      this.text = '';
      this.diagnostics = [{ severity: 'error', at: this.#at(0, 1), ...decoded }];
      return;
    }
    this.text = decoded.text;
    const diagnostics: Diagnostic[] = [];
    this.diagnostics = diagnostics;
    let more = 0;
    const report = (code: string, message: string, start: number, end: number): void => {
      if (diagnostics.length === mostFindings) more++;
      else diagnostics.push({ code, severity: 'error', message, at: this.#at(start, end) });
    };
    const document = parse(this.text);
    if (!document || document.errors.some(({ message }) => message.startsWith('Maximum call stack'))) {
      report('yaml-syntax', 'the file is nested too deeply to be read', 0, 1);
      return;
    }
    for (const { code, message, pos } of document.errors.slice(0, mostErrors)) {
      if (code === 'MULTIPLE_DOCS')
        report('yaml-documents', 'the file holds several documents; write one file for each', pos[0], pos[0] + 3);
      else report('yaml-syntax', firstLine(message), pos[0], Math.max(pos[1], pos[0] + 1));
    }
    if (document.directives.yaml.explicit)
      report('yaml-directive', 'a %YAML directive has no place in a spec; it is read as YAML 1.2', 0, 5);
    if (diagnostics.length > 0) return;
    this.#document = document;
    this.value = new Reader(report).read(document.contents, 0);
    if (more > 0) diagnostics.push(moreFindings(this.file, 'error', more));
  }

  /** The place of the value at a path, or of its key; undefined when the document has nothing there. */
  locate(path: Path, what: 'key' | 'value' = 'value'): Location | undefined {
    let node: unknown = this.#document?.contents;
    let key: unknown = node;
    for (const step of path) {
      if (isMap(node)) {
        const pair = this.#pairsOf(node).get(String(step));
        if (!pair) return undefined;
        key = pair.key;
        node = pair.value;
      } else if (isSeq(node) && typeof step === 'number') {
        if (step < 0 || step >= node.items.length) return undefined;
        node = node.items[step];
        key = node;
      } else return undefined;
    }
    const found = what === 'key' || !hasText(node) ? key : node;
    const range = isNode(found) ? found.range : undefined;
    return range ? this.#at(range[0], range[1]) : this.#at(0, 1);
  }

  /** The first of several pairs with the same key. */
  #pairsOf(map: YAMLMap): ReadonlyMap<unknown, Pair> {
    const known = this.#pairs.get(map);
    if (known) return known;
    const pairs = new Map<unknown, Pair>();
    for (const pair of map.items) {
      if (isScalar(pair.key) && !pairs.has(pair.key.value)) pairs.set(pair.key.value, pair);
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }

  #at(start: number, end: number): Location {
    this.#lineStarts ??= lineStarts(this.text);
    const line = countUpTo(this.#lineStarts, start);
    const lineStart = this.#lineStarts[line - 1] ?? 0;
    const next = this.text.indexOf('\n', start);
    const lineEnd = next === -1 ? this.text.length : next;
    const source = withoutPasswords(this.text.slice(lineStart, lineEnd).replace(/\r$/, ''));
    const length = Math.max(1, Math.min(end, lineStart + source.length) - start);
    return { file: this.file, line, column: start - lineStart + 1, length, source };
  }
}

/** A user name and password in a URL, which has no place in a spec, must not reach a log either. The length stays. */
export function withoutPasswords(text: string): string {
  return text.replace(
    /(:\/\/)([^/\s@"']*)@/g,
    (_, slashes: string, secret: string) => `${slashes}${'*'.repeat(secret.length)}@`,
  );
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** How many of the ascending numbers are at most a limit. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function decode(bytes: Uint8Array): { text: string } | { code: string; message: string } {
  if (bytes.length > largest)
    return { code: 'file-too-large', message: `the file is larger than 1 MB; spread the sites over several files` };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { code: 'not-utf8', message: 'the file is not UTF-8 text; save it as UTF-8' };
  }
}

/** Undefined for what is nested too deeply: the parser would run out of stack, or end the process for lack of memory. */
function parse(text: string): Document.Parsed | undefined {
  if (opensTooMuch(text)) return undefined;
  const { stackTraceLimit } = Error;
  // A file of closing brackets has a million errors: with the calls that each came from, they take gigabytes.
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, { prettyErrors: false, uniqueKeys: false, resolveKnownTags: false, logLevel: 'error' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whether so many brackets are open somewhere as no spec has; those in double quotes that end on their line don't count. */
function opensTooMuch(text: string): boolean {
  let open = 0;
  // Where one quote of a line has no end there, those behind it have none either.
  let withoutEnd = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '[' || sign === '{') open++;
    else if (sign === ']' || sign === '}') open = Math.max(0, open - 1);
    else if (sign === '"' && at >= withoutEnd) {
      const end = endOfQuoted(text, at);
      if (text[end] === '"') at = end;
      else withoutEnd = end;
    }
    if (open > mostOpen) return true;
  }
  return false;
}

/** The closing quote, or the end of the line where there is none. */
function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"' && text[at] !== '\n')
    at += text[at] === '\\' && text[at + 1] !== '\n' ? 2 : 1;
  return at;
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

function hasText(node: unknown): boolean {
  return isNode(node) && node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}

type Report = (code: string, message: string, start: number, end: number) => void;

/** Turns nodes into plain values and refuses what a spec never needs. */
class Reader {
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  read(node: ParsedNode | null, depth: number, key = ''): unknown {
    if (node === null) return null;
    if (isAlias(node)) {
      const isWildcard = node.source.startsWith('.');
      const wayOut = isWildcard
        ? `in YAML a "*" begins an alias; put the wildcard in quotes: "*${printable(node.source)}"`
        : 'aliases have no place in a spec; use defaults or upstreams for what repeats';
      this.#refuse(node, 'yaml-alias', wayOut);
      return undefined;
    }
    if (node.anchor !== undefined)
      this.#refuse(node, 'yaml-alias', 'anchors have no place in a spec; use defaults or upstreams for what repeats');
    if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str')
      this.#refuse(node, 'yaml-tag', `the tag ${printable(node.tag)} has no place in a spec; write the plain value`);
    if (depth > deepest) {
      this.#refuse(node, 'yaml-syntax', `nested more than ${deepest} levels deep`);
      return undefined;
    }
    if (isMap(node)) return this.#map(node.items, depth);
    if (isSeq(node)) return node.items.map((item) => this.read(item, depth + 1));
    if (!isScalar(node)) return undefined;
    const { value } = node;
    if (typeof value === 'string') this.#characters(value, node, multiLine.has(key) ? '\n\t' : '');
    return typeof value === 'bigint' ? Number(value) : value;
  }

  #map(items: readonly Pair<ParsedNode, ParsedNode | null>[], depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const pair of items) {
      const { key } = pair;
      if (!isPair(pair) || !isScalar(key) || typeof key.value !== 'string') {
        const shown = isScalar(key) ? printable(String(key.source ?? key.value)) : 'this';
        this.#refuse(
          key,
          'yaml-key',
          `${shown} is not a text; put a key in quotes when it looks like a number or a word of YAML`,
        );
        continue;
      }
      const name = key.value;
      this.#characters(name, key, '');
      if (name === '__proto__') {
        this.#refuse(key, 'unknown-key', '"__proto__" is not an option');
        continue;
      }
      if (Object.hasOwn(result, name)) {
        this.#refuse(key, 'duplicate-key', `"${printable(name)}" stands twice in the same place; keep one of them`);
        continue;
      }
      result[name] = this.read(pair.value, depth + 1, name);
    }
    return result;
  }

  #characters(value: string, node: ParsedNode, allowed: string): void {
    const forbidden = forbiddenCharacter(value, allowed);
    if (forbidden !== undefined)
      this.#refuse(node, 'forbidden-character', `the text holds ${forbidden}; write it without`);
  }

  #refuse(node: ParsedNode, code: string, message: string): void {
    const [start = 0, end = 1] = node.range ?? [];
    this.#report(code, message, start, Math.max(end, start + 1));
  }
}

/** A text of the input as it may stand in a message. */
export function printable(text: string): string {
  const clean = withoutPasswords(text).replace(/[^\x20-\x7e\u00a1-\u02ff\u0370-\u05ff\u3040-\u9fff]/g, '\ufffd');
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}
