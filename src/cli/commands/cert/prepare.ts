import { resolve } from 'node:path';
import type { Argv } from 'yargs';
import { withLock } from '../../../certs/lock.ts';
import { isServed, type StandIn, serveStandIn, validity } from '../../../certs/stand-in.ts';
import { openStore } from '../../../certs/store.ts';
import { type NeededCertificate, nameOf, neededCertificates, storeOf } from '../../../deploy/plan-stand-ins.ts';
import { reaches } from '../../../diagnostic.ts';
import { certificateFiles } from '../../../model/store-paths.ts';
import { word } from '../../../shell-word.ts';
import type { Command } from '../../command.ts';
import { exitCode, type Io } from '../../io.ts';
import { readSpecFiles } from '../../spec-files.ts';
import { storeOption } from '../../store-option.ts';
import { configureHere } from './configure-here.ts';
import { tell } from './tell.ts';

interface Options {
  spec?: string[];
  store?: string;
  format: 'text' | 'json';
}

const options = (yargs: Argv): Argv<Options> =>
  storeOption(yargs)
    .positional('spec', {
      type: 'string',
      array: true,
      describe: 'spec files, folders of *.yaml, or - (keepgate.yaml)',
    })
    .option('format', { choices: ['text', 'json'] as const, default: 'text' as const, describe: 'json: one document' })
    .example('sudo keepgate cert prepare', 'stand-ins for the sites of keepgate.yaml that have no certificate yet')
    .example(
      'keepgate cert prepare api.yaml --store certificates',
      'in a store of your own',
    ) as unknown as Argv<Options>;

/** Milliseconds to wait for another keepgate: what it does here takes no longer. */
const patience = 60_000;

async function run({ spec = [], store, format }: Options, io: Io): Promise<number> {
  const configured = await configureHere(await readSpecFiles(spec, io), io);
  const { diagnostics } = configured.ok ? configured.configuration : configured;
  if (!configured.ok || reaches(diagnostics, 'error')) {
    await tell(format, io, { diagnostics });
    return exitCode.wrong;
  }
  const needed = neededCertificates(configured.configuration.resolved);
  const rootOf = ({ certificate }: NeededCertificate) => resolve(io.cwd, store ?? storeOf(certificate));
  const made = [];
  const kept = [];
  for (const root of new Set(needed.map(rootOf))) {
    const there = openStore(root, { write: false });
    const wanted = needed.filter((each) => rootOf(each) === root).map(standInFor);
    kept.push(...wanted.filter(({ name }) => isServed(there.held, name)).map(({ name }) => name));
    made.push(
      ...(await make(
        root,
        wanted.filter(({ name }) => !isServed(there.held, name)),
        io,
      )),
    );
  }
  const again = `${spec.map((each) => ` ${word(each)}`).join('')}${store === undefined ? '' : ` --store ${word(store)}`}`;
  await tell(format, io, { lines: inWords(made, again), product: { made, kept } });
  return exitCode.done;
}

function standInFor(needed: NeededCertificate): StandIn {
  return { name: nameOf(needed), hosts: needed.hosts, kind: needed.selfSigned ? 'self-signed' : 'stand-in' };
}

async function make(root: string, missing: readonly StandIn[], io: Io) {
  if (missing.length === 0) return [];
  const store = openStore(root);
  return withLock(store, { wait: patience }, async () =>
    // Another keepgate may have made some of them while this one waited.
    missing
      .filter(({ name }) => !isServed(store.held, name))
      .map((standIn) => {
        const now = io.now();
        serveStandIn(store, standIn, now);
        const notAfter = new Date(now.getTime() + validity[standIn.kind] * 86_400_000).toISOString();
        return { ...standIn, store: root, ...certificateFiles(root, standIn.name), notAfter };
      }),
  );
}

function inWords(made: readonly (StandIn & { store: string; notAfter: string })[], again: string): string[] {
  const lines = made.map(({ name, hosts, kind, store, notAfter }) => {
    const what = kind === 'stand-in' ? 'a stand-in that no client trusts' : 'the self-signed certificate';
    const whose = hosts.length > 0 ? hosts.join(', ') : 'connections that are refused';
    return `made ${name} in ${store}: ${what}, for ${whose}, until ${notAfter.slice(0, 10)}`;
  });
  const waits = made.some(({ kind, hosts }) => kind === 'stand-in' && hosts.length > 0);
  return waits
    ? [...lines, '', 'Next: let nginx serve the sites, then get the real ones', `  keepgate cert issue${again}`]
    : lines;
}

export const command: Command<Options> = { options, run };
