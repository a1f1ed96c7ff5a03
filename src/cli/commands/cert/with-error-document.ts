import { KeepgateError } from '../../../diagnostic.ts';
import type { Command } from '../../command.ts';
import { exitCode } from '../../io.ts';
import { toJson } from '../../report/json.ts';
import { UsageError } from '../../usage-error.ts';

/** With `--format json`, standard output has one document whatever happens: what stops the command is its `error`. */
export function withErrorDocument<Options>(command: Command<Options>): Command<Options> {
  return {
    ...command,
    run: async (options, io) => {
      const isJson = (options as { readonly format?: unknown }).format === 'json';
      try {
        return await command.run(options, io);
      } catch (error) {
        const { diagnostic, code } = isJson ? told(error) : {};
        if (diagnostic === undefined || code === undefined) throw error;
        io.stdout.write(toJson({ version: 1, error: diagnostic }));
        return code;
      }
    },
  };
}

function told(error: unknown) {
  if (error instanceof KeepgateError) return { diagnostic: error.diagnostic, code: error.exitCode };
  if (!(error instanceof UsageError)) return {};
  const diagnostic = { code: 'wrong-usage', severity: 'error', message: error.message } as const;
  return { diagnostic, code: exitCode.usage };
}
