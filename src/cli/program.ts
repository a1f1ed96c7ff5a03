/** argv → the one command that it names, which alone is loaded. */
import yargs, { type Argv } from 'yargs';
import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import { version } from '../version.gen.ts';
import type { Command } from './command.ts';
import { commandNames, type Entry, entries } from './commands/index.ts';
import { exitCode, type Io, wantsColor } from './io.ts';

/** Runs the program. Resolves to the exit code (see README); never rejects for what a user can cause. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    const [word = ''] = argv;
    const entry = entries.find(({ name }) => name === word);
    return entry ? await runCommand(entry, argv.slice(1), io) : overview(argv, io);
  } catch (error) {
    return failed(error, io);
  }
}

/** The command line itself is wrong. */
class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * A parser for one command, as yargs' default command: for a named one it would write the whole help on every run. What
 * stands behind the options is taken from `_`, where `-` survives.
 */
async function runCommand(entry: Entry, argv: readonly string[], io: Io): Promise<number> {
  const command = (await entry.load()).command as Command<never>;
  const operands = entry.operands.map((name) => ` [${name}]`).join('');
  let chosen: Record<string, unknown> | undefined;
  let asked = false;
  parser(`keepgate ${entry.name}`, io)
    .usage(`keepgate ${entry.name}${operands}\n\n${entry.describe}`)
    .strictOptions()
    .command({
      command: '$0',
      describe: false,
      builder: (builder: Argv) => command.options(builder),
      handler: (options) => {
        chosen = options;
      },
    })
    .parseSync([...argv], {}, (_error, _argv, output) => {
      asked = output !== '';
      if (asked) io.stdout.write(`${output}\n`);
    });
  if (asked || !chosen) return exitCode.done;
  return command.run({ ...chosen, ...operandsOf(entry, chosen) } as never, io);
}

function operandsOf({ name, operands }: Entry, options: Record<string, unknown>): Record<string, unknown> {
  const words = [options._].flat().map(String);
  const named: Record<string, unknown> = {};
  for (const operand of operands) {
    if (operand.endsWith('..')) named[operand.slice(0, -2)] = words.splice(0);
    else if (words.length > 0) named[operand] = words.shift();
  }
  if (words.length > 0) throw new UsageError(`${name} takes no "${words[0]}"; --help lists its options`);
  return named;
}

/** What there is, for those who name no command. */
function overview(argv: readonly string[], io: Io): number {
  const [word] = argv;
  if (word === undefined) throw new UsageError('name a command; keepgate --help lists them');
  if (word !== '--help' && word !== 'help' && word !== '-h') {
    const near = suggest(word, commandNames);
    throw new UsageError(
      `"${word}" is not a command${near ? `; did you mean "${near}"?` : '; keepgate --help lists them'}`,
    );
  }
  const program = parser('keepgate', io)
    .usage('keepgate: HTTPS in front of a REST API, as proven nginx site files')
    .epilogue('keepgate COMMAND --help tells more, with examples.');
  for (const { name, operands, describe } of entries)
    program.command(`${name}${operands.map((operand) => ` [${operand}]`).join('')}`, describe);
  program.parseSync(['--help'], {}, (_error, _argv, output) => {
    io.stdout.write(`${output}\n`);
  });
  return exitCode.done;
}

function parser(script: string, io: Io): Argv {
  return yargs([])
    .scriptName(script)
    .locale('en')
    .version(version)
    .wrap(Math.min(100, io.stdout.columns ?? 100))
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration({ 'parse-positional-numbers': false })
    .fail((message, error) => {
      throw error && error.name !== 'YError' ? error : new UsageError(message ?? error.message);
    });
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
  const stack =
    error instanceof Error ? (error.stack ?? error.message).replace(/^[\s\S]*?(?=\w*Error: )/, '') : String(error);
  io.stderr.write(`keepgate: this is a defect of keepgate, please report it\n${stack}\n`);
  return exitCode.environment;
}

function usageMessage(message: string): string {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1];
  return unknown === undefined ? message : `there is no option --${unknown.split(', ')[0]}; --help lists them`;
}
