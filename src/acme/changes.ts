/** What a certificate is, against what is asked for today. */

/** As a version's meta.json and settings.json have them; the directories as URLs. */
export interface Asked {
  readonly names: readonly string[];
  readonly keyType?: string;
  readonly profile?: string;
  readonly directory?: string;
}

/**
 * In words, one for each difference: `names: + b.example`. The order of the names doesn't count. A key type or directory
 * that one side doesn't tell is no difference; a profile is.
 */
export function changes(is: Asked, wanted: Asked): string[] {
  const gone = is.names.filter((name) => !wanted.names.includes(name)).map((name) => `- ${name}`);
  const added = wanted.names.filter((name) => !is.names.includes(name)).map((name) => `+ ${name}`);
  return [
    ...(gone.length + added.length > 0 ? [`names: ${[...added, ...gone].join(' ')}`] : []),
    ...different('key type', is.keyType, wanted.keyType),
    ...different('directory', is.directory, wanted.directory),
    ...different('profile', is.profile ?? 'none', wanted.profile ?? 'none'),
  ];
}

const different = (what: string, is: string | undefined, wanted: string | undefined): string[] =>
  is === undefined || wanted === undefined || is === wanted ? [] : [`${what}: ${is} → ${wanted}`];
