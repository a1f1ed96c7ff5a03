/** The commands, in the order of a first day with keepgate. */

/** A command as the help lists it; its own file is loaded when it is called. */
export interface Entry {
  readonly name: string;
  /** What stands behind the options: names, the last one with `..` for a list. */
  readonly operands: readonly string[];
  readonly describe: string;
  readonly load: () => Promise<{ command: unknown }>;
}

/** A word with commands of its own behind it, such as `cert issue`. */
export interface Group {
  readonly name: string;
  readonly describe: string;
  readonly entries: () => Promise<readonly Entry[]>;
}

export const entries: readonly (Entry | Group)[] = [
  { name: 'init', operands: [], describe: 'write a commented spec', load: () => import('./init.ts') },
  {
    name: 'render',
    operands: ['spec..'],
    describe: 'print the site files, or write them',
    load: () => import('./render.ts'),
  },
  {
    name: 'check',
    operands: ['spec..'],
    describe: 'prove a spec: schema, rules, certificates, nginx -t',
    load: () => import('./check.ts'),
  },
  {
    name: 'up',
    operands: ['spec..'],
    describe: 'from nothing to HTTPS: apply, issue, switch, probe, timer',
    load: () => import('./up.ts'),
  },
  {
    name: 'explain',
    operands: ['what', 'spec..'],
    describe: 'the resolved spec, or what a code means',
    load: () => import('./explain.ts'),
  },
  {
    name: 'diff',
    operands: ['spec..'],
    describe: 'what apply would change; drift and hand edits',
    load: () => import('./diff.ts'),
  },
  {
    name: 'apply',
    operands: ['spec..'],
    describe: 'install, test, reload and watch, or put back',
    load: () => import('./apply.ts'),
  },
  {
    name: 'rollback',
    operands: ['spec..'],
    describe: 'the state before the last apply',
    load: () => import('./rollback.ts'),
  },
  {
    name: 'status',
    operands: [],
    describe: 'what is installed, from which spec, certificates, drift',
    load: () => import('./status.ts'),
  },
  {
    name: 'remove',
    operands: ['site'],
    describe: 'take one site out',
    load: () => import('./remove.ts'),
  },
  {
    name: 'cert',
    describe: "certificates: Let's Encrypt, or your own CA's",
    entries: async () => (await import('./cert/index.ts')).entries,
  },
  {
    name: 'domino',
    describe: 'the HCL Domino REST API: its own TLS, and what the proxy needs of it',
    entries: async () => (await import('./domino/index.ts')).entries,
  },
  { name: 'schema', operands: [], describe: 'print the JSON Schema of a spec', load: () => import('./schema.ts') },
  {
    name: 'completion',
    operands: ['shell'],
    describe: 'print a completion script for bash or zsh',
    load: () => import('./completion.ts'),
  },
];

/** Every command's first word, for help and completion. */
export const commandNames: readonly string[] = entries.map(({ name }) => name);
