/** Files that can't be there together: one would have to be a folder for the other to lie in. */
import type { Diagnostic } from '../diagnostic.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Places } from '../spec/load.ts';
import { type NamedFile, namedFiles } from './named-files.ts';

/** What every machine has, and the sandbox too: files, and folders with a slash at their end. */
const always = [
  ...[
    '/etc/passwd',
    '/etc/group',
    '/etc/hosts',
    '/etc/nsswitch.conf',
    '/etc/nginx/nginx.conf',
    '/etc/nginx/mime.types',
  ],
  ...['/etc/nginx/conf.d/', '/etc/nginx/sites-available/', '/etc/nginx/sites-enabled/', '/etc/ssl/certs/', '/tmp/'],
  ...['/run/', '/var/run/', '/var/lock/', '/var/tmp/', '/var/lib/nginx/', '/var/cache/nginx/', '/var/log/nginx/'],
];

/** Of each path that lies below another one's file, one finding with both. */
export function pathsBelowFiles(resolved: Resolved, places: Places): Diagnostic[] {
  const files = new Map<string, NamedFile | undefined>(always.map((path) => [path, undefined]));
  for (const named of namedFiles(resolved, places)) if (!files.get(named.path)) files.set(named.path, named);
  return [...files].flatMap(([path, named]) => {
    const above = ancestorsOf(path).find((folder) => files.has(folder));
    if (above === undefined) return [];
    const other = files.get(above);
    return finding(path, named, above, other) ?? [];
  });
}

/** One of the two is the spec's: nothing that is always there lies below another. */
function finding(
  path: string,
  named: NamedFile | undefined,
  above: string,
  other: NamedFile | undefined,
): Diagnostic | undefined {
  const subject = named ?? other;
  if (!subject) return undefined;
  const related = named && other?.at ? [{ message: `${above} is a file here`, at: other.at }] : undefined;
  return {
    code: 'path-below-file',
    severity: 'error',
    message: named
      ? `${path} can't be there: it lies below ${above}, which is a file${other ? ' too' : ' of the system'}`
      : `${above} can't be a file: it is a folder of the system`,
    help: 'Give each file a path of its own; a folder and a file can not have the same one.',
    site: subject.site,
    ...(subject.at && { at: subject.at }),
    ...(related && { related }),
  };
}

/** The folders above a path, the outermost first, without the root. */
function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) ancestors.push(path.slice(0, end));
  return ancestors;
}
