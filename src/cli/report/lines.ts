import type { Diagnostic } from '../../diagnostic.ts';
import { repositoryPath } from './path.ts';

/** All that a finding says, for formats that have one field for it: the message, the way out, the other places. */
export function lines({ message, help, at, site, related = [] }: Diagnostic, root: string | undefined): string[] {
  return [
    site && !at ? `site ${site}: ${message}` : message,
    ...(help?.split('\n') ?? []),
    ...related.map((other) => `${repositoryPath(other.at.file, root)}:${other.at.line}: ${other.message}`),
  ];
}
