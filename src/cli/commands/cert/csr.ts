import { createPrivateKey } from 'node:crypto';
import type { Argv } from 'yargs';
import { checkCertificateName } from '../../../certs/certificate-name.ts';
import { certificateRequest } from '../../../certs/csr.ts';
import { keyTypeOf, newKey, pemOf } from '../../../certs/keys.ts';
import { withLock } from '../../../certs/lock.ts';
import { pem } from '../../../certs/pem.ts';
import { readRequest, saveRequest } from '../../../certs/request.ts';
import { type KeyType, keyTypes } from '../../../certs/settings.ts';
import type { CertificateStore } from '../../../certs/store.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import { word } from '../../../shell-word.ts';
import { hostProblem, normalHost } from '../../../spec/address.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { storeFor, storeOption } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { requestName } from './name-in-store.ts';
import { tell } from './tell.ts';
import { writeRequest } from './write-request.ts';

interface Options {
  host?: string[];
  name?: string;
  keyType?: KeyType;
  newKey: boolean;
  out: string;
  store?: string;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(yargs)
    .positional('host', { type: 'string', array: true, describe: 'the names and addresses that it is to be for' })
    .option('name', {
      type: 'string',
      requiresArg: true,
      describe: 'what the store calls it (the site of keepgate.yaml, else the first host)',
    })
    .option('key-type', { choices: keyTypes, describe: 'the kind of the new key (ec-p256)' })
    .option('new-key', { type: 'boolean', default: false, describe: 'throw away the key that waits, and make another' })
    .option('out', {
      type: 'string',
      default: '-',
      requiresArg: true,
      describe: 'where to write the request; - prints it',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('sudo keepgate cert csr api.example.com --out api.csr', 'send api.csr to your CA, then import its answer')
    .example(
      'sudo keepgate cert csr api.intra 10.0.0.5 --key-type rsa-3072',
      'a name and an address',
    ) as unknown as Argv<Options>;

async function run(argv: Options, io: Io): Promise<number> {
  const hosts = hostsOf(argv.host ?? []);
  const name = argv.name ?? (await requestName(hosts, io));
  checkCertificateName(name);
  const store = await storeFor(argv, io);
  const { key, isNew } = await withLock(store, { wait: 60_000 }, () => keyFor(store, name, hosts, argv, io.now()));
  const request = pem('CERTIFICATE REQUEST', certificateRequest(hosts, createPrivateKey(key), { commonName: true }));
  if (argv.out !== '-') writeRequest(argv.out, request, io.cwd);
  else if (argv.format === 'text') io.stdout.write(request);
  const keyType = keyTypeOf(createPrivateKey(key));
  const lines = [
    ...(argv.out === '-' ? [] : [`wrote ${argv.out}`]),
    `${isNew ? 'made a new key' : 'used the key that waited'} for ${name} (${keyType}); it stays in ${store.root}`,
    '',
    'Next: send the request to your CA, then enter its answer',
    `  keepgate cert import FILE${argv.store === undefined ? '' : ` --store ${word(argv.store)}`}`,
  ];
  await tell(argv.format, io, { lines, product: { name, names: hosts, keyType, newKey: isNew, request } });
  return exitCode.done;
}

/** A key that a CA may be about to sign is never replaced unasked: its certificate would be lost. */
async function keyFor(store: CertificateStore, name: string, names: readonly string[], argv: Options, now: Date) {
  const waiting = argv.newKey ? undefined : readRequest(store, name);
  const keyType = argv.keyType ?? (waiting ? undefined : 'ec-p256');
  if (waiting && keyType !== undefined && waiting.request.keyType !== keyType)
    throw new KeepgateError(1, {
      code: 'request-waiting',
      message: `a key of type ${waiting.request.keyType} waits for the certificate "${name}" since ${waiting.request.createdAt.slice(0, 10)}`,
      help: 'Its request may be with a CA. Leave out --key-type to use it, or throw it away with --new-key.',
    });
  const key = waiting?.key ?? pemOf(await newKey(keyType ?? 'ec-p256'));
  const { request } = waiting ?? { request: { keyType: keyType ?? 'ec-p256', createdAt: now.toISOString() } };
  await saveRequest(store, name, { ...request, names }, key);
  return { key, isNew: waiting === undefined };
}

function hostsOf(given: readonly string[]): string[] {
  if (given.length === 0) throw new UsageError('name the hosts that the certificate is to be for');
  for (const host of given) {
    const problem = host.length > 1000 ? 'is too long' : hostProblem(host);
    if (problem !== undefined) throw new UsageError(`"${host.slice(0, 80)}" ${problem}`);
  }
  return [...new Set(given.map((host) => normalHost(host).replace(/^\[(.*)\]$/, '$1')))];
}

export const command: Command<Options> = { options, run };
