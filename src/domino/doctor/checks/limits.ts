import type { Diagnostic } from '../../../diagnostic.ts';
import type { Check } from '../subject.ts';

/** Whether the API gives up before the proxy does: its messages say more than 413 and 504. */
export const limits: Check = ({ proxy, installation }) => {
  if (!proxy || !installation) return [];
  const { bodyLimit, idleTimeout } = installation;
  const found: Diagnostic[] = [];
  const tooSmall = proxy.bodyLimit !== -1 && bodyLimit && (bodyLimit.value === -1 || bodyLimit.value > proxy.bodyLimit);
  if (tooSmall)
    found.push({
      code: 'domino-body-limit',
      severity: 'warning',
      message: `the proxy refuses bodies over ${proxy.bodyLimit} bytes, and the API takes ${inWords(bodyLimit.value)} (${bodyLimit.from})`,
      help: 'Raise bodyLimit in the spec, or have keepgate domino proxy lower that of the API.',
    });
  if (idleTimeout && idleTimeout.value >= proxy.readTimeout)
    found.push({
      code: 'domino-timeout-short',
      severity: 'warning',
      message: `the proxy waits ${proxy.readTimeout} seconds for an answer, and the API up to ${idleTimeout.value} (${idleTimeout.from})`,
      help: 'Raise timeouts.read in the spec, or have keepgate domino proxy lower httpIdleTimeout.',
    });
  return found;
};

const inWords = (limit: number): string => (limit === -1 ? 'any' : `up to ${limit}`);
