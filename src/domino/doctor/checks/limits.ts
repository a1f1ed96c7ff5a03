import type { Diagnostic } from '../../../diagnostic.ts';
import type { Found } from '../../installation.ts';
import { defaultTimeout } from '../../proxy-settings.ts';
import type { Check } from '../subject.ts';

/** Whether the API gives up before the proxy does: its messages say more than 413 and 504. */
export const limits: Check = ({ proxy, installation }) => {
  if (!proxy || !installation) return [];
  const { bodyLimit, idleTimeout, threadTimeout } = installation;
  const found: Diagnostic[] = [];
  const tooSmall = proxy.bodyLimit !== -1 && bodyLimit && (bodyLimit.value === -1 || bodyLimit.value > proxy.bodyLimit);
  if (tooSmall)
    found.push({
      code: 'domino-body-limit',
      severity: 'warning',
      message: `the proxy refuses bodies over ${proxy.bodyLimit} bytes, and the API takes ${inWords(bodyLimit.value)} (${bodyLimit.from})`,
      help: 'Raise bodyLimit in the spec, or have keepgate domino proxy lower that of the API.',
    });
  const idle = waitOf('httpIdleTimeout', idleTimeout);
  const threads = waitOf('threadTimeout', threadTimeout);
  const longest = threads.seconds > idle.seconds ? threads : idle;
  if (longest.seconds >= proxy.readTimeout)
    found.push({
      code: 'domino-timeout-short',
      severity: 'warning',
      message: `the proxy waits ${proxy.readTimeout} seconds for an answer, and the API ${longest.inWords}`,
      help:
        longest === threads
          ? 'Raise timeouts.read in the spec, or lower that threadTimeout (milliseconds).'
          : 'Raise timeouts.read in the spec, or have keepgate domino proxy lower httpIdleTimeout.',
    });
  return found;
};

/** Without the setting it is the default of both; 0 is for ever. */
function waitOf(key: string, set: Found<number> | undefined): { seconds: number; inWords: string } {
  if (set === undefined) return { seconds: defaultTimeout, inWords: `up to ${defaultTimeout} (${key} is not set)` };
  const { value, from } = set;
  if (value <= 0) return { seconds: Number.POSITIVE_INFINITY, inWords: `for ever (${key} ${value} in ${from})` };
  return { seconds: value, inWords: `up to ${value} (${key} in ${from})` };
}

const inWords = (limit: number): string => (limit === -1 ? 'any' : `up to ${limit}`);
