import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import { directoryOf } from '../../../acme/directory.ts';
import { toKeepgateError } from '../../../acme/error.ts';
import { revoke as revokeAtCa } from '../../../acme/revoke.ts';
import { saveState, stateOf } from '../../../acme/state-file.ts';
import { withLock } from '../../../certs/lock.ts';
import {
  type CertificateStore,
  liveVersion,
  names,
  type StoredVersion,
  settingsOf,
  versionsOf,
} from '../../../certs/store.ts';
import { accountsIn } from '../../../certs/store-folder.ts';
import { readStored } from '../../../certs/stored-file.ts';
import { KeepgateError } from '../../../diagnostic.ts';
import type { Command } from '../../command.ts';
import { interruptible } from '../../interrupt.ts';
import { exitCode, type Io } from '../../io.ts';
import { toJson } from '../../report/json.ts';
import { storeFor, storeOption, storeWords } from '../../store-option.ts';
import { UsageError } from '../../usage-error.ts';
import { unknownCertificate } from './unknown-certificate.ts';

interface Options {
  name?: string;
  store?: string;
  number?: number;
  reason: keyof typeof reasons;
  withCertificateKey: boolean;
  format: 'text' | 'json';
}

/** The CRLReasons that CAs take from subscribers (RFC 5280, section 5.3.1). */
const reasons = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
} as const;

function options(yargs: Argv): Argv<Options> {
  return storeOption(yargs)
    .positional('name', { type: 'string', describe: 'what the store calls it' })
    .option('number', { type: 'number', requiresArg: true, describe: 'this version (the one that is served)' })
    .option('reason', {
      choices: Object.keys(reasons) as (keyof typeof reasons)[],
      default: 'unspecified' as const,
      describe: 'why; keyCompromise when somebody else may have the key',
    })
    .option('with-certificate-key', {
      type: 'boolean',
      default: false,
      describe: "sign with the certificate's own key, not the account's: when the account is lost",
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example(
      'keepgate cert revoke api --reason keyCompromise',
      'then: keepgate cert renew api',
    ) as unknown as Argv<Options>;
}

async function run(argv: Options, io: Io): Promise<number> {
  const { name } = argv;
  if (name === undefined) throw new UsageError('name the certificate; keepgate cert list shows them');
  const store = await storeFor(argv, io);
  return interruptible((signal) =>
    withLock(store, { wait: 60_000, signal }, () => revoke(name, store, argv, io, signal)),
  );
}

async function revoke(
  name: string,
  store: CertificateStore,
  { number, reason, withCertificateKey, format }: Options,
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const version = chosen(store, name, number);
  const { directory, caFile } = settingsOf(store, name) ?? {};
  if (version.meta.origin !== 'acme' || directory === undefined)
    throw new KeepgateError(1, {
      code: 'certificate-not-of-a-ca',
      message: `"${name}" was imported, so keepgate can't revoke it`,
      help: 'Ask whoever issued it.',
    });
  const read = (file: string) => readStored(join(version.folder, file)) ?? '';
  try {
    const certificate = new X509Certificate(read('cert.pem')).raw;
    const key = withCertificateKey ? read('privkey.pem') : undefined;
    const options = { accounts: accountsIn(store), now: io.now, signal };
    await revokeAtCa(
      { certificate, reason: reasons[reason], key },
      { ...options, directory: directoryOf(directory, caFile) },
    );
  } catch (error) {
    throw toKeepgateError(error, `revoke "${name}"`);
  }
  const { serial } = version.meta;
  // Only the newest is renewed: that an older one is revoked says nothing about it, and must not take the place of what does.
  if (version.number === versionsOf(store, name).at(-1)?.number)
    saveState(store, name, { ...stateOf(store, name), revoked: serial });
  if (format === 'json')
    io.stdout.write(
      toJson({ version: 1, store: store.root, name, number: version.number, serial, revoked: true, reason }),
    );
  else {
    io.stdout.write(`${name}: version ${version.number} (serial number ${serial}) is revoked\n`);
    const live = liveVersion(store, name);
    if (typeof live === 'object' && live.number === version.number)
      io.stderr.write(
        `\nNext: it is still served; this gets a new one\n  keepgate cert renew ${name}${storeWords(store.root)}\n`,
      );
  }
  return exitCode.done;
}

function chosen(store: CertificateStore, name: string, number: number | undefined): StoredVersion {
  const live = liveVersion(store, name);
  const version =
    number === undefined
      ? typeof live === 'object'
        ? live
        : versionsOf(store, name).at(-1)
      : versionsOf(store, name).find((one) => one.number === number);
  if (version) return version;
  const known = names(store);
  if (!known.includes(name)) throw unknownCertificate(name, known, store);
  throw new KeepgateError(1, {
    code: 'certificate-unknown',
    message: `${store.root} has no certificate "${name}"${number === undefined ? ' yet' : ` with a version ${number}`}`,
    help: `keepgate cert show ${name} shows what there is.`,
  });
}

export const command: Command<Options> = { options, run };
