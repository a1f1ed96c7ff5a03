/** argv → the one command that it names, which is loaded only then. */
import yargs, { type Argv } from 'yargs';
import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import { version } from '../version.gen.ts';
import type { Command } from './command.ts';
import { commandNames, entries } from './commands/index.ts';
import { exitCode, type Io, wantsColor } from './io.ts';

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
