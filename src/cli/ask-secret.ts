import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Asks on the terminal, without showing what is typed. Undefined when there is no terminal, or nobody answers. */
export async function askSecret(question: string, io: Io): Promise<string | undefined> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) return undefined;
  io.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: io.stdin, output: silent, terminal: true, historySize: 0 });
  try {
    return await new Promise((resolve) => {
      terminal.once('line', resolve);
      terminal.once('close', () => resolve(undefined));
    });
  } finally {
    terminal.close();
    io.stderr.write('\n');
  }
}
