/** Words of systemd's unit files (systemd.syntax(7), systemd.service(5)). Pure. */

/** A path in a list of paths. */
export function unitPath(path: string): string {
  return quoted(path.replaceAll('%', '%%'));
}

/** The paths of a list that `unitPath` made the words of. */
export function unitPaths(list: string): string[] {
  return (list.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    (word.startsWith('"') ? word.slice(1, -1) : word)
      .replace(/\\x([0-9a-f]{2})|\\(.)/g, (_, code?: string, character = '') =>
        code === undefined ? character : String.fromCharCode(Number.parseInt(code, 16)),
      )
      .replaceAll('%%', '%'),
  );
}

/** A command line: the program's absolute path, and its arguments, in which `$` would name a variable. */
export function commandLine(program: string, args: readonly string[]): string {
  return [unitPath(program), ...args.map((arg) => unitPath(arg.replaceAll('$', '$$$$')))].join(' ');
}

/** In double quotes with C's escapes, where there is anything but harmless characters. */
function quoted(text: string): string {
  if (/^[\w./:@%+,=-]+$/.test(text)) return text;
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replace(/[\p{Cc}]/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `"${escaped}"`;
}
