/** nginx's messages, each with the rendered line that it is about and the site of the spec that the line comes from. */
import type { Diagnostic, Location } from '../diagnostic.ts';
import { placeOf } from '../model/expand.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import type { Resolved } from '../model/resolve.ts';
import type { NginxLevel, NginxMessage } from '../nginx/output.ts';
import type { Rendered, RenderedFile } from '../render/render.ts';
import type { Places } from '../spec/load.ts';

/** What is said at these levels changes nothing in what nginx does. */
const harmless: ReadonlySet<NginxLevel> = new Set(['debug', 'info', 'notice']);

export interface BlameOptions {
  /** How the program is named to people, such as `nginx 1.22.1`. */
  readonly nginx: string;
  /** Whether words of files that were not rendered are repeated: they may be what somebody is not meant to read. */
  readonly quoteOthers: boolean;
}

export function blame(
  messages: readonly NginxMessage[],
  { nginx, quoteOthers }: BlameOptions,
  rendered: Rendered,
  resolved: Resolved,
  places: Places,
): Diagnostic[] {
  return messages
    .filter(({ level }) => !harmless.has(level))
    .map((message): Diagnostic => {
      const file = renderedFile(message, rendered);
      const site = file?.site;
      const source = resolved.expanded.find(({ name }) => name === site);
      const at = source && placeOf(places, source, [], 'key');
      const line = file && renderedLine(file, message.line ?? 1);
      const isOther = file === undefined && message.file !== undefined;
      const text = isOther && !quoteOthers ? message.text.replace(/".*"/s, '"…"') : message.text;
      const said = `${nginx}: ${text}`;
      const elsewhere = isOther ? ` (${message.file}:${message.line ?? 1})` : '';
      return {
        code: message.level === 'warn' ? 'nginx-warning' : 'nginx-refused',
        severity: message.level === 'warn' ? 'warning' : 'error',
        message: `${said}${elsewhere}`,
        ...(at && { at }),
        ...(site !== undefined && { site }),
        ...(line && { related: [{ message: 'the rendered line', at: line }] }),
      };
    });
}

/** The rendered file that a message names, through whichever of its paths nginx has read it. */
export function renderedFile({ file }: Pick<NginxMessage, 'file'>, rendered: Rendered): RenderedFile | undefined {
  if (file === undefined) return undefined;
  const below = file.startsWith(`${nginxFolder}/`) ? file.slice(nginxFolder.length + 1) : file;
  const link = rendered.links.find(({ path }) => path === below);
  const path = link ? link.to.replace(/^\.\.\//, '') : below;
  return rendered.files.find((candidate) => candidate.path === path);
}

export function renderedLine({ path, text }: RenderedFile, line: number): Location {
  const source = text.split('\n')[line - 1] ?? '';
  const column = source.length - source.trimStart().length + 1;
  return { file: `${nginxFolder}/${path}`, line, column, length: Math.max(1, source.trim().length), source };
}
