/** argv → the one command that it names, which alone is loaded. */
import yargs, { type Argv } from 'yargs';
import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import { version } from '../version.gen.ts';
import type { Command } from './command.ts';
import { type Entry, entries, type Group } from './commands/index.ts';
import { exitCode, type Io, wantsColor } from './io.ts';
import { UsageError } from './usage-error.ts';

/** Runs the program. Resolves to the exit code (see README); never rejects for what a user can cause. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch('', entries, argv, io);
  } catch (error) {
    return failed(error, io);
  }
}

/** Follows the words to the command that they name: `help WORD` is `WORD --help`, in a group too. */
async function dispatch(
  before: string,
  among: readonly (Entry | Group)[],
  [first = '', ...rest]: readonly string[],
  io: Io,
): Promise<number> {
  const helps = first === 'help' && rest[0] !== undefined;
  const word = helps ? rest[0] : first;
  const entry = among.find(({ name }) => name === word);
  if (!entry) return overview(before, among, first, io);
  const name = `${before}${entry.name}`;
  const words = helps ? [...rest.slice(1), '--help'] : rest;
  return 'load' in entry
    ? runCommand({ ...entry, name }, words, io)
    : dispatch(`${name} `, await entry.entries(), words, io);
}

/**
 * A parser for one command, as yargs' default command: for a named one it would write the whole help on every run. What
 * stands behind the options is taken from `_`, where `-` survives.
 */
async function runCommand(entry: Entry, argv: readonly string[], io: Io): Promise<number> {
  const command = (await entry.load()).command as Command<never>;
  const operands = entry.operands.map((name) => ` [${name}]`).join('');
  let declared: Declared = { key: {}, array: [] };
  let chosen: Record<string, unknown> | undefined;
  let asked = false;
  try {
    parser(`keepgate ${entry.name}`, io)
      .usage(`keepgate ${entry.name}${operands}\n\n${entry.describe}`)
      .strictOptions()
      .command({
        command: '$0',
        describe: false,
        builder: (builder: Argv) => {
          const built = command.options(builder);
          declared = declaredBy(built);
          return built;
        },
        handler: (options) => {
          chosen = options;
        },
      })
      .parseSync(withEmptyValues(argv, command.valueAfterEquals), {}, (_error, _argv, output) => {
        asked = output !== '';
        if (asked) io.stdout.write(`${output}\n`);
      });
  } catch (error) {
    throw error instanceof UsageError ? inOurWords(error, Object.keys(declared.key)) : error;
  }
  if (asked || !chosen) return exitCode.done;
  refuseOddOptions(entry, chosen, declared, command.valueAfterEquals);
  return command.run({ ...chosen, ...operandsOf(entry, chosen) } as never, io);
}

/** What yargs knows of a command's options: their names, and which of them are lists. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
}

function declaredBy(yargs: Argv): Declared {
  const { key, array } = (yargs as unknown as { getOptions(): Declared }).getOptions();
  return { key: { ...key }, array: [...array] };
}

/** `--live` is `--live=`: yargs would take the word behind it for its value. */
function withEmptyValues(argv: readonly string[], names: readonly string[] = []): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((word, index) => (index < end && names.includes(word.slice(2)) ? `--${word.slice(2)}=` : word));
}

/** What yargs lets through: an operand as an option, several values of an option that has one, and none, as of a variable that is not set. */
function refuseOddOptions(
  { operands }: Entry,
  chosen: Readonly<Record<string, unknown>>,
  { array }: Declared,
  mayBeEmpty: readonly string[] = [],
): void {
  for (const [key, value] of Object.entries(chosen)) {
    // As it is written: yargs adds the camel case of each.
    const name = key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
    if (name === '_' || value === undefined) continue;
    if (operands.some((operand) => operand.replace('..', '') === name))
      throw new UsageError(`there is no option --${name}; --help lists them`);
    if (Array.isArray(value) && !array.includes(name)) throw new UsageError(`--${name} is given several times`);
    if ([value].flat().includes('') && !mayBeEmpty.includes(name)) throw new UsageError(`--${name} has an empty value`);
  }
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
function overview(before: string, among: readonly (Entry | Group)[], word: string, io: Io): number {
  const names = among.map(({ name }) => name);
  if (word === '') throw new UsageError(`name a command; keepgate ${before}--help lists them`);
  if (word !== '--help' && word !== 'help' && word !== '-h') {
    const near = suggest(word, names);
    const hint = near ? `; did you mean "${before}${near}"?` : `; keepgate ${before}--help lists them`;
    throw new UsageError(`"${before}${word}" is not a command${hint}`);
  }
  const program = parser(`keepgate ${before}`.trim(), io)
    .usage(
      before === ''
        ? 'keepgate: HTTPS in front of a REST API, as proven nginx site files'
        : `keepgate ${before}COMMAND: ${names.join(', ')}`,
    )
    .epilogue(`keepgate ${before}COMMAND --help tells more, with examples.`);
  for (const entry of among) {
    const operands = 'load' in entry ? entry.operands.map((operand) => ` [${operand}]`).join('') : ' COMMAND';
    program.command(`${entry.name}${operands}`, entry.describe);
  }
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
    .alias('help', 'h')
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
    io.stderr.write(`keepgate: ${error.message}\n`);
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

/** yargs' complaint, in the words of the command line. */
function inOurWords({ message }: UsageError, names: readonly string[]): UsageError {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  if (unknown !== undefined) {
    const near = suggest(unknown, names);
    const option = unknown.length > 1 ? `--${unknown}` : `-${unknown}`;
    return new UsageError(`there is no option ${option}${near ? `; did you mean --${near}?` : '; --help lists them'}`);
  }
  const [, option, given, list = ''] = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(message) ?? [];
  if (option !== undefined) {
    const choices = list.replaceAll('"', '').split(', ');
    const near = suggest(String(given).replaceAll('"', ''), choices);
    const hint = near ? `; did you mean ${near}?` : '';
    return new UsageError(`--${option} takes ${choices.join(', ')}, not ${given}${hint}`);
  }
  const bare = /^Not enough arguments following: (.+)/.exec(message)?.[1];
  if (bare !== undefined) return new UsageError(`--${bare} needs a value`);
  const [, one, other] = /^Arguments (\S+) and (\S+) are mutually exclusive/.exec(message) ?? [];
  return new UsageError(one === undefined ? message : `--${one} and --${other} exclude each other`);
}
