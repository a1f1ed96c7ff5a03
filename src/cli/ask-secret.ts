import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.ts';

/** Asks on the terminal, without showing what is typed. Undefined when there is no terminal, or nobody answers. */
export async function askSecret(question: string, io: Io): Promise<string | undefined> {
  if (!io.stdin.isTTY || !io.stderr.isTTY) return undefined;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: io.stdin, output: silent, terminal: true, historySize: 0 });
  // Not before the terminal is silent: an answer that comes at once would be shown.
  io.stderr.write(question);
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
