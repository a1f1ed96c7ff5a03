/** The commands, in the order of a first day with keepgate. */
/** A command as the help lists it; its own file is loaded when it is called. */
export interface Entry {
  readonly usage: string;
  readonly describe: string;
  readonly load: () => Promise<{ command: unknown }>;
}

export const entries: readonly Entry[] = [
  { usage: 'init', describe: 'write a commented spec', load: () => import('./init.ts') },
  {
    usage: 'render [spec..]',
    describe: 'print the site files, or write them',
    load: () => import('./render.ts'),
  },
  {
    usage: 'check [spec..]',
    describe: 'prove a spec: schema, rules, certificates, nginx -t',
    load: () => import('./check.ts'),
  },
  {
    usage: 'explain [what] [spec..]',
    describe: 'the resolved spec, or what a code means',
    load: () => import('./explain.ts'),
  },
  { usage: 'schema', describe: 'print the JSON Schema of a spec', load: () => import('./schema.ts') },
  {
    usage: 'completion [shell]',
    describe: 'print a completion script for bash or zsh',
    load: () => import('./completion.ts'),
  },
];

/** Every command's first word, for help and completion. */
export const commandNames: readonly string[] = entries.map(({ usage }) => usage.split(' ', 1)[0] ?? '');
