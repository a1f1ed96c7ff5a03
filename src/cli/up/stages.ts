/** Steps one after the other, each shown, up to the first that fails. */
import { styleText } from 'node:util';
import { type Io, wantsColor } from '../io.ts';
import { toJson } from '../report/json.ts';

export interface Stage {
  readonly name: string;
  /** What it does, for people. */
  readonly title: string;
  /** Resolves to an exit code. With --format json it writes one document to standard output. */
  readonly run: (io: Io) => Promise<number>;
}

/** Resolves to the exit code of the first that fails, else 0. With `json`, the stages' documents become one. */
export async function runStages(stages: readonly Stage[], format: 'text' | 'json', io: Io): Promise<number> {
  const documents: object[] = [];
  let exitCode = 0;
  for (const [index, { name, title, run }] of stages.entries()) {
    let product = '';
    const stdout = { write: (text: string) => (product += text) };
    const head = `${index + 1}/${stages.length} ${title}\n`;
    if (format === 'text')
      io.stderr.write(wantsColor(io.stderr, io.env) ? styleText('bold', head, { validateStream: false }) : head);
    exitCode = await run(format === 'json' ? { ...io, stdout } : io);
    documents.push({ name, exitCode, ...(product.trim() !== '' && { result: JSON.parse(product) }) });
    if (exitCode !== 0) break;
  }
  if (format === 'json') io.stdout.write(toJson({ version: 1, exitCode, stages: documents }));
  return exitCode;
}
