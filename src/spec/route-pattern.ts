/** Route patterns of web frameworks (`/users/:id`, `/admin/*`), which nginx would take literally. */

/** What a segment may hold of them: a parameter, a wildcard, or alternatives. */
const pattern = /^:.*|\{[^/]*\}|<[^/]*>|\[[^/]*\]|\([^/]*\|[^/]*\)|\*+/u;

/** Why a path is a pattern, and what to write instead; undefined when it is none. */
export function patternProblem(path: string, exact: boolean): string | undefined {
  const segments = path.split('/').slice(1);
  const first = segments.findIndex((segment) => pattern.test(segment));
  if (first === -1) return undefined;
  const [held = ''] = pattern.exec(segments[first] ?? '') ?? [];
  const folder = `/${segments.slice(0, first).join('/')}`;
  const all = /^(?:\*+\w*|\{\*+\w*\}|:\w+\*)$/.test(segments[first] ?? '') && first === segments.length - 1;
  const folderToo = `"${folder}", which covers all that is below it`;
  const regex = `"~ ^/${segments.map(inRegex).join('/')}$"`;
  const instead = all && !exact ? folderToo : folder === '/' || exact ? regex : `${folderToo}, or ${regex}`;
  return `holds "${held}", which nginx takes literally; write ${instead}`;
}

function inRegex(segment: string): string {
  return segment
    .replace(/^:[^/]*?(?=[.-]|$)|\{[^/]*?\}|<[^/]*?>|\[[^/]*?\]/u, '[^/]+')
    .replace(/\*\*+/g, '.*')
    .replace(/(?<![\].])\*/g, '[^/]*')
    .replace(/\.(?![*+])/g, '\\.');
}
