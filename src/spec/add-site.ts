/** One more site in the text of a spec: nothing else of it changes, not a comment and not a space. */
import { isDeepStrictEqual } from 'node:util';
import { isCollection, isMap, isNode, isPair, isScalar, type Node, parseDocument, type YAMLMap } from 'yaml';
import { SpecDocument } from './document.ts';
import { flowText, plainOrQuoted } from './flow-text.ts';
import type { SiteSpec, Spec } from './types.gen.ts';

/**
 * The text of a valid spec, YAML or JSON, with this site in it: at the end of `sites`, or where they stand in braces at their
 * beginning, so that lines are only added. Undefined where that can't be done without changing more.
 */
export function withSite(text: string, name: string, site: SiteSpec): string | undefined {
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const before = text.slice(mark.length);
  const sites = parseDocument(before, { uniqueKeys: false, logLevel: 'error' }).get('sites', true);
  if (!isMap(sites)) return undefined;
  const added = sites.flow ? inBraces(before, sites, name, site) : below(before, sites, name, site);
  if (added === undefined) return undefined;
  const after = `${before.slice(0, added.at)}${added.text}${before.slice(added.at)}`;
  return isSameBut(before, after, name, site) ? `${mark}${after}` : undefined;
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** As one more entry of lines. */
function below(text: string, sites: YAMLMap, name: string, site: SiteSpec): Insertion | undefined {
  const last = sites.items.at(-1);
  const start = startOf(last?.key);
  if (last === undefined || start === undefined) return undefined;
  const indent = leading(text, start);
  if (indent === undefined) return undefined;
  const end = endOfLines(text, isNode(last.value) ? endOf(last.value) : (rangeOf(last.key)?.[1] ?? start), indent);
  const eol = lineEnd(text);
  const apart = sites.items.length > 1 && /\n[ \t]*\r?\n$/.test(text.slice(0, start - indent.length));
  const inner = `${indent}${innerStep(text, sites, indent)}`;
  const lines = [
    ...(apart ? [''] : []),
    `${indent}${plainOrQuoted(name)}:`,
    ...Object.entries(site).map(([key, value]) => `${inner}${key}: ${flowText(value)}`),
  ];
  const closed = end === 0 || text[end - 1] === '\n';
  return {
    at: end,
    text: closed ? lines.map((line) => line + eol).join('') : lines.map((line) => eol + line).join(''),
  };
}

/** As the first entry, in JSON or in YAML's braces: one behind the last would change the line before it. */
function inBraces(text: string, sites: YAMLMap, name: string, site: SiteSpec): Insertion | undefined {
  const start = startOf(sites.items[0]?.key);
  if (start === undefined) return undefined;
  const indent = leading(text, start);
  const key = JSON.stringify(name);
  if (indent === undefined) return { at: start, text: `${key}: ${JSON.stringify(site)}, ` };
  const eol = lineEnd(text);
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, rangeOf(sites)?.[0] ?? 0)))?.[0] ?? '';
  const step = indent.startsWith(outer) && indent.length > outer.length ? indent.slice(outer.length) : '  ';
  const value = JSON.stringify(site, null, step).replaceAll('\n', `${eol}${indent}`);
  return { at: start, text: `${key}: ${value},${eol}${indent}` };
}

function isSameBut(before: string, after: string, name: string, site: SiteSpec): boolean {
  const [old, now] = [before, after].map(specIn);
  if (old === undefined || now === undefined) return false;
  return isDeepStrictEqual(now, { ...old, sites: { ...old.sites, [name]: site } });
}

function specIn(text: string): Spec | undefined {
  const { value, diagnostics } = new SpecDocument({ file: '', bytes: Buffer.from(text) });
  return diagnostics.length > 0 ? undefined : (value as Spec);
}

/** How much deeper the options of the sites stand than their names. */
function innerStep(text: string, { items }: YAMLMap, indent: string): string {
  for (const { value } of items) {
    if (!isMap(value) || value.flow) continue;
    const start = startOf(value.items[0]?.key);
    const inner = start === undefined ? undefined : leading(text, start);
    if (inner?.startsWith(indent) && inner.length > indent.length) return inner.slice(indent.length);
  }
  return '  ';
}

/** Behind the line of the last value, and the comments below it that stand deeper than a site's name. */
function endOfLines(text: string, end: number, indent: string): number {
  let found = text[end - 1] === '\n' ? end : nextLine(text, end);
  for (let at = found; at < text.length; ) {
    const next = nextLine(text, at);
    const [, space = '', sign] = /^([ \t]*)(\S?)/.exec(text.slice(at, next)) ?? [];
    if (sign !== '' && (sign !== '#' || space.length <= indent.length)) break;
    if (sign === '#') found = next;
    at = next;
  }
  return found;
}

/** Where the last value in a node ends, without the comments behind it. */
function endOf(node: Node): number {
  const last = isCollection(node) && !node.flow ? node.items.at(-1) : undefined;
  if (isPair(last))
    return isNode(last.value) && hasText(last.value) ? endOf(last.value) : (rangeOf(last.key)?.[1] ?? 0);
  return isNode(last) ? endOf(last) : (node.range?.[1] ?? 0);
}

const hasText = (node: Node): boolean =>
  !(isScalar(node) && node.range !== undefined && node.range?.[0] === node.range?.[1]);
const rangeOf = (node: unknown) => (isNode(node) ? (node.range ?? undefined) : undefined);
const startOf = (node: unknown): number | undefined => rangeOf(node)?.[0];
const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
const lineEnd = (text: string): string => /\r?\n/.exec(text)?.[0] ?? '\n';

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** The white space before a place, where nothing else stands before it on its line. */
function leading(text: string, at: number): string | undefined {
  const before = text.slice(lineStart(text, at), at);
  return /^[ \t]*$/.test(before) && at > 0 && text.slice(0, at).includes('\n') ? before : undefined;
}
