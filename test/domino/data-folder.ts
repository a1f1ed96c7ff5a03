import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

const root = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-domino-'));
let count = 0;

/** A data folder of Domino with these files, removed after the tests of a file. */
export function dataFolder(files: Readonly<Record<string, string | Buffer | object>> = {}): string {
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  count += 1;
  const folder = join(root, `data${count}`);
  mkdirSync(join(folder, 'keepconfig.d'), { recursive: true });
  for (const [name, content] of Object.entries({ 'notes.ini': '[Notes]\nKitType=2\n', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const isText = typeof content === 'string' || Buffer.isBuffer(content);
    writeFileSync(join(folder, name), isText ? content : JSON.stringify(content));
    chmodSync(join(folder, name), 0o640);
  }
  return folder;
}

/** Every file below a folder with mode, owner and contents, but for the backups. */
export function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    names
      .filter((name) => !name.startsWith('keepgate-backup') && statSync(join(folder, name)).isFile())
      .map((name) => {
        const { mode, uid, gid } = statSync(join(folder, name));
        return [name, `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${readFileSync(join(folder, name), 'latin1')}`];
      }),
  );
}

export const json = (folder: string, name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(folder, 'keepconfig.d', name), 'utf8').replace(/^\s*\/\/.*$/m, ''));
