import { createInterface } from 'node:readline/promises';
import type { Io } from './io.ts';

/** Asks at a terminal whether the person agrees to the CA's terms of service; elsewhere nobody does. */
export function askAboutTerms({ stdin, stderr }: Io): false | ((terms: string) => Promise<boolean>) {
  if (!stdin.isTTY || !stderr.isTTY) return false;
  return async (terms) => {
    const lines = createInterface({ input: stdin, output: stderr as unknown as NodeJS.WritableStream });
    try {
      const answer = await lines.question(`The CA's terms of service: ${terms}\nDo you agree? [y/N] `);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  };
}
