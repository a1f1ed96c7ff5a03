/** What a command may touch of the process that it runs in. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly cwd: string;
  /** The clock of everything that depends on the date; not of time limits. */
  readonly now: () => Date;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Colour only on a terminal, and not when NO_COLOR is set (no-color.org); FORCE_COLOR asks for it elsewhere. */
export function wantsColor(output: Output, env: Io['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== '0') return true;
  return output.isTTY === true && env.TERM !== 'dumb';
}

export const exitCode = { done: 0, wrong: 1, usage: 2, differs: 3, environment: 4, limited: 5 } as const;
