/** Root reads secrets from a folder of another user, who has them lead to a file of root's: what is in that one goes nowhere. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTsigKey } from '../../../src/acme/dns/tsig-key.ts';
import { readEab } from '../../../src/acme/eab.ts';
import { chain } from '../../ca.ts';
import { runKeepgate } from '../../run-keepgate.ts';
import { SharedMachine } from './machine.ts';
import { isRoot, stateOf } from './other-user.ts';

const machine = new SharedMachine();
const { fullchain, leaf } = chain(['api.example.com']);
const texts = {
  word: 'c2VjcmV0LW9mLXJvb3Q\n',
  tsig: 'key "root" { algorithm hmac-sha256; secret "c2VjcmV0LW9mLXJvb3Qtb2Ytcm9vdA=="; };\n',
  env: 'TLSPassword=of-root\n',
  'key.pem': leaf.key,
};

/** Of each text a file in a folder of root's; the other user has a link to each, and one to the folder. */
function prepared() {
  const [theirs, roots] = [machine.theirs('theirs'), machine.roots('roots')];
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(roots, name), text, { mode: 0o600 });
  machine.attack(`mkdir -p ${theirs}/data/keepconfig.d; ln -s ${roots} ${theirs}/folder`);
  for (const name of Object.keys(texts)) machine.attack(`ln -s ${roots}/${name} ${theirs}/${name}`);
  writeFileSync(machine.at('chain.pem'), fullchain);
  return { theirs, roots };
}

async function said(...argv: string[]): Promise<string> {
  const { exitCode, stderr } = await runKeepgate(argv, { cwd: machine.folder });
  return exitCode === 0 ? 'done' : stderr;
}
const saidBy = (read: () => unknown): string => {
  try {
    read();
    return 'done';
  } catch (error) {
    return String(error);
  }
};
const domino = (theirs: string, file: string, ...more: string[]) =>
  said('domino', 'tls', '--data', `${theirs}/data`, '--as', 'jks', '--file', file, ...more);

type Reading = (folder: string, theirs: string) => string | Promise<string>;
const readings: readonly (readonly [string, Reading])[] = [
  [
    'the key of an external account',
    (at) => saidBy(() => readEab({ kidFile: machine.at('kid'), keyFile: `${at}/word` })),
  ],
  [
    'the name of an external account',
    (at) => saidBy(() => readEab({ kidFile: `${at}/word`, keyFile: machine.at('kid') })),
  ],
  ['a TSIG key', (at) => saidBy(() => readTsigKey(`${at}/tsig`))],
  ['a private key', (at) => said('cert', 'import', 'chain.pem', `${at}/key.pem`, '--name', 'api', '--store', 'store')],
  [
    'the password of a private key',
    (at) =>
      said(
        'cert',
        'import',
        'chain.pem',
        'own.pem',
        '--name',
        'b',
        '--store',
        'store',
        '--password-file',
        `${at}/word`,
      ),
  ],
  ['the password for keepconfig.d', (at, theirs) => domino(theirs, '/x.jks', '--password-file', `${at}/word`)],
  ['an environment file', (at, theirs) => domino(theirs, '/x.jks', '--environment-file', `${at}/env`)],
];

describe.skipIf(!isRoot)("a secret in a folder of another user's", () => {
  let theirs = '';
  let roots = '';
  beforeAll(() => {
    ({ theirs, roots } = prepared());
    for (const name of ['kid', 'own.pem']) writeFileSync(machine.at(name), name === 'kid' ? 'a2lk\n' : leaf.key);
    mkdirSync(machine.at('fine'));
    for (const [name, text] of Object.entries(texts)) writeFileSync(machine.at('fine', name), text, { mode: 0o600 });
  });

  it.each(readings)('%s is not read through a link', async (_, read) => {
    const before = stateOf(roots);
    for (const folder of [theirs, join(theirs, 'folder')])
      expect(await read(folder, theirs)).toContain('is a symbolic link');
    expect(readdirSync(`${theirs}/data/keepconfig.d`)).toEqual([]);
    expect(stateOf(roots)).toEqual(before);
  });

  it.each(readings)('%s in a folder of our own is read', async (_, read) => {
    expect(await read(machine.at('fine'), theirs)).not.toContain('is a symbolic link');
  });
});
