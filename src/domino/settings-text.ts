/** The text of one file of keepconfig.d: JSON, in which comments are let pass, and changed without touching the rest. */
import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  modify,
  type Node,
  type ParseError,
  parseTree,
} from 'jsonc-parser';
import type { Json, JsonObject } from './overlay.ts';

/** A value to set, or with undefined to take away, at a path of keys. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: Json | undefined;
}

export type ParsedSettings =
  | { readonly ok: true; readonly settings: JsonObject }
  /** `problem` goes on from the file's name; line counts from 1. */
  | { readonly ok: false; readonly problem: string; readonly line: number };

/** Reads an object. What stands there twice counts as it stands last. */
export function parseSettings(text: string): ParsedSettings {
  const root = treeOf(text);
  if ('problem' in root) return { ok: false, ...root };
  return { ok: true, settings: getNodeValue(root) };
}

/**
 * The text with the edits made; an empty text is an empty object. All else stays as it is written, but for white space beside an edit.
 * @throws TypeError for a text that `parseSettings` refuses
 */
export function editSettings(text: string, edits: readonly Edit[]): string {
  let edited = text.trim() === '' ? '{}\n' : text;
  for (const { path, value } of edits) {
    const root = treeOf(edited);
    if ('problem' in root) throw new TypeError('only what is an object can be edited');
    if (value === undefined && findNodeAtLocation(root, [...path]) === undefined) continue;
    edited = applyEdits(edited, modify(edited, [...path], value, { formattingOptions: formatOf(edited) }));
  }
  return edited;
}

/** The first key, at any depth, that an object has twice: an edit would change the one that doesn't count. */
export function doubledKey(text: string): string | undefined {
  const root = treeOf(text);
  return 'problem' in root ? undefined : doubledIn(root);
}

function doubledIn(node: Node): string | undefined {
  const keys = new Set<string>();
  for (const child of node.children ?? []) {
    if (node.type === 'object') {
      const key = String(child.children?.[0]?.value);
      if (keys.has(key)) return key;
      keys.add(key);
    }
    const below = doubledIn(child);
    if (below !== undefined) return below;
  }
  return undefined;
}

function treeOf(text: string): Node | { problem: string; line: number } {
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { allowTrailingComma: false, disallowComments: false });
  } catch (error) {
    if (error instanceof RangeError) return { problem: 'is nested too deeply', line: 1 };
    throw error;
  }
  const [first] = errors;
  if (first) return { problem: 'is not JSON', line: text.slice(0, first.offset).split('\n').length };
  if (root?.type !== 'object') return { problem: 'is not a JSON object', line: 1 };
  return root;
}

function formatOf(text: string) {
  const indent = /^([ \t]+)"/m.exec(text)?.[1] ?? '  ';
  const tabs = indent.startsWith('\t');
  return { insertSpaces: !tabs, tabSize: tabs ? 1 : indent.length, eol: text.includes('\r\n') ? '\r\n' : '\n' };
}
