import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { visible } from '../visible.ts';
import type { Io } from './io.ts';

/**
 * Asks at a terminal whether the person agrees to the CA's terms of service; elsewhere nobody does.
 * The question rejects with the signal's reason when it is aborted.
 */
export function askAboutTerms(
  { stdin, stderr }: Io,
  signal: AbortSignal,
): false | ((terms: string) => Promise<boolean>) {
  if (!stdin.isTTY || !stderr.isTTY) return false;
  return async (terms) => {
    const lines = createInterface({ input: stdin, output: stderr as unknown as NodeJS.WritableStream });
    // Ctrl-C is a mere character here; as a signal it does what it does everywhere.
    lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    try {
      const question = `The CA's terms of service: ${visible(terms)}\nDo you agree? [y/N] `;
      const answer = await lines.question(question, { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  };
}
