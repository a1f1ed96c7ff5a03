import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eachMapping, TraceMap } from '@jridgewell/trace-mapping';

/** A place in a source file, as istanbul counts: lines from 1, columns from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A place of the source that the bundle has code for, and whether a process came by. */
export interface Mapped extends Position {
  readonly hit: boolean;
}

interface Script {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly Range[] }[];
}

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/**
 * What processes of the built program executed, in terms of the sources.
 *
 * @param folder where they left their coverage (NODE_V8_COVERAGE); what a killed process left half-written is passed over
 * @returns per source file (absolute path), its places in order
 */
export function coverageOfChildren(folder: string): Map<string, Mapped[]> {
  const bundles = new Map<string, Uint8Array>();
  for (const script of readdirSync(folder).flatMap((name) => scriptsIn(join(folder, name)))) {
    const path = fileURLToPath(script.url);
    if (!existsSync(`${path}.map`)) continue;
    const hits = bundles.get(path) ?? new Uint8Array(readFileSync(path, 'utf8').length);
    bundles.set(path, hits);
    addHits(hits, script);
  }
  const sources = new Map<string, Mapped[]>();
  for (const [path, hits] of bundles) mapToSources(path, hits, sources);
  for (const places of sources.values()) places.sort((a, b) => a.line - b.line || a.column - b.column);
  return sources;
}

function scriptsIn(file: string): Script[] {
  try {
    const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: Script[] };
    return result.filter(({ url }) => url.startsWith('file:'));
  } catch {
    return [];
  }
}

/** V8 lists outer ranges before inner ones, so that painting them in order leaves the innermost count. */
function addHits(hits: Uint8Array, script: Script): void {
  const painted = new Uint8Array(hits.length);
  for (const { ranges } of script.functions) {
    for (const { startOffset, endOffset, count } of ranges) painted.fill(Math.min(count, 1), startOffset, endOffset);
  }
  for (const [offset, hit] of painted.entries()) if (hit === 1) hits[offset] = 1;
}

function mapToSources(path: string, hits: Uint8Array, sources: Map<string, Mapped[]>): void {
  const lineStarts = [0];
  for (const { index } of readFileSync(path, 'utf8').matchAll(/\n/g)) lineStarts.push(index + 1);
  eachMapping(new TraceMap(readFileSync(`${path}.map`, 'utf8')), (mapping) => {
    if (mapping.source === null) return;
    const source = resolve(path, '..', mapping.source);
    const places = sources.get(source) ?? [];
    sources.set(source, places);
    const offset = (lineStarts[mapping.generatedLine - 1] ?? 0) + mapping.generatedColumn;
    places.push({ line: mapping.originalLine, column: mapping.originalColumn, hit: hits[offset] === 1 });
  });
}
