/** Several spec files become one configuration, in which every value still knows its place. */
import type { Diagnostic, Location } from '../diagnostic.ts';
import { type Path, SpecDocument, type SpecSource } from './document.ts';
import type { Spec } from './types.gen.ts';
import { validateDocument } from './validate.ts';

export interface LoadedSpec {
  /** All files merged; undefined when any of them has an error. */
  readonly spec: Spec | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly places: Places;
  /** What each file says, in the order of the files: comments apart. */
  readonly values: readonly unknown[];
}

/** Reads and merges spec files. Never throws: what is wrong with them is in `diagnostics`, everything at once. */
export function loadSpec(sources: readonly SpecSource[]): LoadedSpec {
  const documents = sources.map((source) => new SpecDocument(source));
  const diagnostics = documents.flatMap((document): readonly Diagnostic[] =>
    document.diagnostics.length > 0 ? document.diagnostics : validateDocument(document),
  );
  const places = new Places();
  const values = documents.map(({ value }) => value);
  if (diagnostics.length > 0) return { spec: undefined, diagnostics, places, values };
  const spec = merge(documents, places, diagnostics);
  if (Object.keys(spec.sites ?? {}).length === 0 && diagnostics.length === 0) {
    const at = documents[0]?.locate([], 'value');
    const message = 'the spec has no site; add one below "sites"';
    diagnostics.push({ code: 'no-sites', severity: 'error', message, ...(at && { at }) });
  }
  return { spec: diagnostics.length > 0 ? undefined : spec, diagnostics, places, values };
}

/** Where each part of a merged spec stands. */
export class Places {
  readonly #owners = new Map<string, SpecDocument>();

  /** Notes that a document owns a top-level section, or an entry of `sites` or `upstreams`. */
  own(path: Path, document: SpecDocument): void {
    this.#owners.set(path.join('\0'), document);
  }

  owner(path: Path): SpecDocument | undefined {
    return this.#owners.get(path.slice(0, 2).join('\0')) ?? this.#owners.get(String(path[0]));
  }

  /** The file that a site or an upstream is defined in, as it was given. */
  file(path: Path): string {
    return this.owner(path)?.file ?? '';
  }

  /** The exact place of a path; undefined when no file has it. */
  locate(path: Path, what: 'key' | 'value' = 'value'): Location | undefined {
    return this.owner(path)?.locate(path, what);
  }
}

const single = ['nginx', 'acme', 'defaults'] as const;
const collected = ['upstreams', 'sites'] as const;

function merge(documents: readonly SpecDocument[], places: Places, diagnostics: Diagnostic[]): Spec {
  const spec: Spec = { version: 1 };
  const claim = (document: SpecDocument, path: Path): boolean => {
    const other = places.owner(path);
    if (!other) {
      places.own(path, document);
      return true;
    }
    const first = other.locate(path, 'key');
    const at = document.locate(path, 'key');
    const what = path.length === 1 ? `"${path[0]}"` : `the ${path[0] === 'sites' ? 'site' : 'upstream'} "${path[1]}"`;
    const way = path.length === 1 ? 'it may stand in one file only' : 'give one of them another name';
    diagnostics.push({
      code: 'defined-twice',
      severity: 'error',
      message: `${what} is defined twice; ${way}`,
      ...(at && { at }),
      ...(first && { related: [{ message: 'it is first defined here', at: first }] }),
    });
    return false;
  };
  for (const document of documents) {
    const part = document.value as Spec; // the schema has accepted it
    for (const section of single) {
      const value = part[section];
      if (value !== undefined && claim(document, [section])) Object.assign(spec, { [section]: value });
    }
    for (const section of collected) {
      for (const [name, value] of Object.entries(part[section] ?? {})) {
        if (claim(document, [section, name])) spec[section] = Object.assign(spec[section] ?? {}, { [name]: value });
      }
    }
  }
  return spec;
}
