/** argv → the one command that it names, which is loaded only then. */
import yargs, { type Argv } from 'yargs';
import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import { version } from '../version.gen.ts';
import { exitCode, type Io, wantsColor } from './io.ts';

/** What a file of commands/ exports. */
export interface Command<Options = never> {
  readonly options: (yargs: Argv) => Argv<Options>;
  /** Resolves to the exit code. @throws KeepgateError for what nobody can go on from */
  readonly run: (options: Options, io: Io) => Promise<number>;
}

interface Entry {
  readonly usage: string;
  readonly describe: string;
  readonly load: () => Promise<{ command: unknown }>;
}

const entries: readonly Entry[] = [
  { usage: 'init', describe: 'write a commented spec', load: () => import('./commands/init.ts') },
  {
    usage: 'render [spec..]',
    describe: 'print the site files, or write them',
    load: () => import('./commands/render.ts'),
  },
  {
    usage: 'check [spec..]',
    describe: 'prove a spec: schema, rules, certificates, nginx -t',
    load: () => import('./commands/check.ts'),
  },
  {
    usage: 'explain [what] [spec..]',
    describe: 'the resolved spec, or what a code means',
    load: () => import('./commands/explain.ts'),
  },
  { usage: 'schema', describe: 'print the JSON Schema of a spec', load: () => import('./commands/schema.ts') },
  {
    usage: 'completion [shell]',
    describe: 'print a completion script for bash or zsh',
    load: () => import('./commands/completion.ts'),
  },
];

/** Every command's first word, for help and completion. */
export const commandNames: readonly string[] = entries.map(({ usage }) => usage.split(' ', 1)[0] ?? '');

/** Runs the program. Resolves to the exit code (see README); never rejects for what a user can cause. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  let code: number = exitCode.done;
  const program = yargs([...argv])
    .scriptName('keepgate')
    .locale('en')
    .usage('keepgate: HTTPS in front of a REST API, as proven nginx site files')
    .version(version)
    .strict()
    .demandCommand(1, 'name a command; keepgate --help lists them')
    .wrap(Math.min(100, io.stdout.columns ?? 100))
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration({ 'boolean-negation': true, 'camel-case-expansion': true, 'duplicate-arguments-array': true })
    .epilogue('keepgate COMMAND --help tells more, with examples.')
    .fail((message, error) => {
      throw error ?? new UsageError(message);
    });
  for (const { usage, describe, load } of entries) {
    program.command({
      command: usage,
      describe,
      builder: async (command: Argv) => loaded(await load()).options(command),
      handler: async (options) => {
        code = await loaded(await load()).run(options as never, io);
      },
    });
  }
  try {
    await program.parseAsync([...argv], {}, (_error, _argv, output) => {
      if (output) io.stdout.write(`${output}\n`);
    });
    return code;
  } catch (error) {
    return failed(error, io);
  }
}

function loaded(module: { command: unknown }): Command<never> {
  return module.command as Command<never>;
}

/** The command line itself is wrong. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function failed(error: unknown, io: Io): Promise<number> {
  if (error instanceof UsageError) {
    io.stderr.write(`keepgate: ${usageMessage(error.message)}\n`);
    return exitCode.usage;
  }
  if (error instanceof KeepgateError) {
    const { text } = await import('./report/text.ts');
    io.stderr.write(text([error.diagnostic], { color: wantsColor(io.stderr, io.env), ignored: [] }));
    return error.exitCode;
  }
  throw error;
}

function usageMessage(message: string): string {
  const unknown = /^Unknown (?:command|argument)s?: (.+)$/.exec(message)?.[1];
  if (unknown === undefined) return message;
  const near = suggest(unknown, commandNames);
  return `"${unknown}" is neither a command nor an option here${near ? `; did you mean "${near}"?` : '; --help lists them'}`;
}
