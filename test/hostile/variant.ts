/** A sample with another value in the place of one of its strings: its text, the places, and what is rendered of it. */
import { lint } from '../../src/lint/index.ts';
import { type Resolved, resolve } from '../../src/model/resolve.ts';
import type { Target } from '../../src/model/target.ts';
import { type RenderedFile, render } from '../../src/render/render.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { type Directive, parseNginx } from '../lexer/nginx-lexer.ts';
import type { Json } from './samples.ts';

export interface Variant {
  readonly text: string;
  /** Line and column of every place that the value stands at. */
  readonly places: { readonly line: number; readonly column: number }[];
}

/** As JSON, which escapes what it has to: so that every string reaches the program as it is. */
export function variant(sample: Json, old: string, value: string): Variant {
  const stand = '\ufffcVALUE\ufffc';
  const pieces = JSON.stringify(replaced(sample, old, stand), null, 1).split(`"${stand}"`);
  const literal = JSON.stringify(value);
  const places: { line: number; column: number }[] = [];
  let text = pieces[0] ?? '';
  for (const piece of pieces.slice(1)) {
    places.push({ line: text.split('\n').length, column: text.length - text.lastIndexOf('\n') });
    text += literal + piece;
  }
  return { text, places };
}

function replaced(json: Json, old: string, stand: string): Json {
  if (json === old) return stand;
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map((item: Json) => replaced(item, old, stand));
  const entries = Object.entries(json).map(([key, item]) => [key === old ? stand : key, replaced(item, old, stand)]);
  return Object.fromEntries(entries);
}

export const newest: Target = {
  version: '1.30.0',
  openssl: '3.6.0',
  modules: ['http_ssl_module', 'http_v2_module', 'http_realip_module', 'http_v3_module'],
};
export const oldest: Target = {
  version: '1.18.0',
  openssl: '1.1.1w',
  modules: ['http_ssl_module', 'http_v2_module', 'http_realip_module'],
};

export interface Outcome {
  readonly diagnostics: Resolved['diagnostics'];
  /** Path → the tokens of its directives, one after the other; `{`, `}` and `;` are marks that no token can be. */
  readonly files: ReadonlyMap<string, readonly string[]> | undefined;
}

/** From text to tokens, through all of the product: what is refused has no files. */
export function outcomeOf(text: string, target: Target): Outcome {
  const { spec, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  if (!spec) return { diagnostics, files: undefined };
  const resolved = resolve(spec, places, { target, layout: 'debian', allowRaw: false });
  if (resolved.diagnostics.length > 0) return { diagnostics: resolved.diagnostics, files: undefined };
  const errors = lint(spec, places, resolved, target).diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) return { diagnostics: errors, files: undefined };
  const { files, links } = render(resolved.model, target);
  const trees = new Map(files.map((file) => [file.path, tokensOf(file.text)]));
  for (const { path, to } of links) trees.set(path, [to]);
  return { diagnostics: [], files: trees };
}

/** What is rendered of a spec without a mistake that a rule would not let through. */
export function filesOf(text: string, target: Target): readonly RenderedFile[] {
  const { spec, places } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  if (!spec) throw new Error('the spec is refused');
  const { model, diagnostics } = resolve(spec, places, { target, layout: 'debian', allowRaw: false });
  if (diagnostics[0]) throw new Error(diagnostics[0].message);
  return render(model, target).files;
}

/** Marks can't be mistaken for tokens: no token of a rendered file has a NUL. */
export const mark = { open: '\0{', close: '\0}', end: '\0;' } as const;

/** The shared file is mostly the same. */
const known = new Map<string, readonly string[]>();

function tokensOf(text: string): readonly string[] {
  const tokens = known.get(text) ?? flat(parseNginx(text), []);
  if (known.size > 100) known.clear();
  known.set(text, tokens);
  return tokens;
}

function flat(directives: readonly Directive[], into: string[]): string[] {
  for (const { tokens, block } of directives) {
    for (const { text } of tokens) into.push(text);
    into.push(block ? mark.open : mark.end);
    if (block) flat(block, into).push(mark.close);
  }
  return into;
}
