import type { Diagnostic } from '../../diagnostic.ts';

/** The settings on disk are right, and what is seen shows that the API still runs with those of before. */
export const notRestarted = (what: string): Diagnostic => ({
  code: 'domino-not-restarted',
  severity: 'error',
  message: `${what}: the API was not restarted since`,
  help: 'The settings are right. On the console of Domino: tell restapi reload',
});
