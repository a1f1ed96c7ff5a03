/** The change of one file of keepconfig.d. */
import type { Diagnostic } from '../diagnostic.ts';
import { type Change, readIn } from './change.ts';
import type { Folder } from './folder.ts';
import type { JsonObject } from './overlay.ts';
import { invalid } from './read-keepconfig.ts';
import { doubledKey, type Edit, editSettings, parseSettings } from './settings-text.ts';

export type OverlayChange =
  /** `settings`: what the file says after it. */
  | { readonly ok: true; readonly change: Change; readonly settings: JsonObject }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/**
 * Owner and mode stay; a new file is the folder's owner's, 0600. With a secret in it, nobody else may read it: then a file
 * that others read until now becomes the folder's owner's, whose REST API may be one of them.
 */
export function overlayChange(
  folder: Folder,
  name: string,
  edits: readonly Edit[],
  { secret = false }: { secret?: boolean } = {},
): OverlayChange {
  const path = `keepconfig.d/${name}`;
  const before = readIn(folder, path);
  const text = before?.bytes.toString('utf8') ?? '';
  const refuse = (problem: string, line = 1): OverlayChange => ({
    ok: false,
    diagnostic: invalid(`${folder.shown}/${path}`, problem, line),
  });
  if (before && !Buffer.from(text).equals(before.bytes)) return refuse('is not UTF-8');
  const parsed = text.trim() === '' ? undefined : parseSettings(text);
  if (parsed && !parsed.ok) return refuse(parsed.problem, parsed.line);
  const twice = doubledKey(text);
  if (twice !== undefined) return refuse(`has "${twice}" twice`);
  const edited = editSettings(text, edits);
  const result = parseSettings(edited);
  if (!result.ok) return refuse(result.problem, result.line);
  const was = before ?? { uid: folder.uid, gid: folder.gid, mode: 0o600 };
  const mode = secret ? was.mode & 0o700 : was.mode;
  const { uid, gid } = mode === was.mode ? was : folder;
  const after = { bytes: Buffer.from(edited), uid, gid, mode };
  const isNothing = before === undefined && Object.keys(result.settings).length === 0;
  return { ok: true, change: { path, before, after: isNothing ? undefined : after }, settings: result.settings };
}
