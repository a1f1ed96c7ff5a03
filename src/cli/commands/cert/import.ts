import type { Argv } from 'yargs';
import { refreshExports } from '../../../acme/refresh-exports.ts';
import { issuerOf, nameOf } from '../../../certs/chain.ts';
import { chooseLeaf } from '../../../certs/choose-leaf.ts';
import { enterImported, type Imported } from '../../../certs/imported.ts';
import { keyTypeOf, pemOf } from '../../../certs/keys.ts';
import { withLock } from '../../../certs/lock.ts';
import { checkVersion, type NewVersion } from '../../../certs/new-version.ts';
import { type OrderedChain, orderChain } from '../../../certs/order-chain.ts';
import { storedKeys } from '../../../certs/stored-keys.ts';
import { type Diagnostic, reaches } from '../../../diagnostic.ts';
import { visible } from '../../../visible.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { importName } from './name-in-store.ts';
import { readGiven } from './read-given.ts';
import { tell } from './tell.ts';

interface Options {
  file?: string[];
  name?: string;
  key?: string;
  chain: string[];
  passwordFile?: string;
  store?: string;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(yargs)
    .positional('file', { type: 'string', array: true, describe: 'PEM, DER, PFX (P12) or P7B files, in any order' })
    .option('name', {
      type: 'string',
      requiresArg: true,
      describe: 'what the store calls it (its site, or first host)',
    })
    .option('key', { type: 'string', requiresArg: true, describe: 'the private key, where no other file has it' })
    .option('chain', {
      type: 'string',
      array: true,
      nargs: 1,
      default: [],
      describe: 'a file of the certificates above it',
    })
    .option('password-file', {
      type: 'string',
      requiresArg: true,
      describe: 'its first line is the password of PFX or key',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('sudo keepgate cert import api.pfx', 'what an IT department sends; asks for the password')
    .example('sudo keepgate cert import answer.p7b', 'the answer to a request of `keepgate cert csr`')
    .example(
      'sudo keepgate cert import api.crt --key api.key --chain ca.crt',
      'separate files',
    ) as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  const files = argv.file ?? [];
  if (files.length === 0) throw new UsageError('name the file with the certificate');
  const paths = [...files, ...argv.chain, ...(argv.key === undefined ? [] : [argv.key])];
  const store = await storeFor(argv, io);
  const bundle = await readGiven(paths, argv.passwordFile, io);
  if (reaches(bundle.diagnostics, 'error')) return refuse(argv, bundle.diagnostics, io);
  const choice = chooseLeaf(bundle.certificates, bundle.keys, () => storedKeys(store));
  if (!choice.ok) return refuse(argv, [choice.diagnostic], io);
  const { leaf, key, waited } = choice;
  const { name, names } = await importName(leaf, { name: argv.name, waited }, io);
  const chain = orderChain(leaf, bundle.certificates);
  const fullchain = chain.certificates.map(String).join('');
  const given: NewVersion = { fullchain, key: pemOf(key), origin: 'import', names };
  const found = findingsOf(given, name, chain.rootDropped, io.now());
  if (reaches(found, 'error')) return refuse(argv, found, io);
  const { entered, exported } = await withLock(store, { wait: 60_000 }, async () => ({
    entered: await enterImported(store, name, given, io.now()),
    exported: await refreshExports(store, name, { env: io.env, hooks: true }),
  }));
  const product = {
    name,
    names,
    store: store.root,
    keyType: keyTypeOf(key),
    changed: entered.changed,
    ...entered.version,
  };
  await tell(argv.format, io, {
    diagnostics: [...found, ...exported],
    lines: inWords(name, store.root, chain, entered),
    product,
  });
  return exitCode.done;
}

/** The root, where it was given, says that nothing is missing below it. */
function findingsOf(given: NewVersion, name: string, hasRoot: boolean, now: Date): Diagnostic[] {
  return checkVersion(given, `the certificate "${name}"`, now)
    .filter(({ code }) => !(code === 'certificate-no-chain' && hasRoot))
    .map((finding) => (finding.code === 'certificate-no-chain' ? { ...finding, help: completeIt } : finding));
}

const completeIt =
  "Import it again with its issuer's certificate, --chain FILE: many clients can't find that by themselves.";

async function refuse({ format }: Options, diagnostics: readonly Diagnostic[], io: Io): Promise<number> {
  await tell(format, io, { diagnostics, lines: ['Nothing was changed.'] });
  return exitCode.wrong;
}

function inWords(name: string, root: string, { certificates }: OrderedChain, entered: Imported): string[] {
  const { meta, number } = entered.version;
  const chain = certificates.map((each) => visible(nameOf(each)));
  const issuer = visible(issuerOf(certificates.at(-1) ?? certificates[0]));
  if (!entered.changed) return [`${name} is what is served already, as version ${number}; nothing was changed`];
  return [
    `entered ${name} as version ${number} into ${root}, and switched to it`,
    `  for ${meta.names.join(', ')}, until ${meta.notAfter.slice(0, 10)}, ${meta.keyType}`,
    `  ${chain.join(', signed by ')}, signed by ${issuer === chain.at(-1) ? 'itself' : issuer}`,
    ...(entered.wasRenewed
      ? ['  It came from a CA by ACME so far; keepgate no longer renews it, but watches it.']
      : []),
    '',
    'Next: let nginx read it',
    '  sudo nginx -t && sudo systemctl reload nginx',
  ];
}

export const command: Command<Options> = { options, run };
