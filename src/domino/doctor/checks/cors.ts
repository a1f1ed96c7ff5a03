import type { Diagnostic } from '../../../diagnostic.ts';
import { notRestarted } from '../not-restarted.ts';
import { namesOf, statusOf } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether a browser on the public name gets an answer: the API refuses origins that it doesn't know. */
export const cors: Check = async (subject) => {
  const { httpsPort, installation, proxy } = subject;
  const names = namesOf(subject);
  if (!proxy && !subject.fromOutside) return [];
  const originOf = (host: string) => `https://${host}${httpsPort === 443 ? '' : `:${httpsPort}`}`;
  const refused = installation ? names.filter((host) => !isAllowed(installation.cors, host, originOf(host))) : [];
  if (refused.length > 0) return refused.map((host) => notAllowed(originOf(host), 'CORS in keepconfig.d lacks it'));
  const found: Diagnostic[] = [];
  for (const name of names) {
    const origin = originOf(name);
    const [plain, crossed] = [await statusOf(subject, name), await statusOf(subject, name, { origin })];
    if (crossed !== 403 || plain === 403) continue;
    found.push(
      installation
        ? notRestarted(`the API answers 403 to requests with Origin ${origin}, which CORS in keepconfig.d allows`)
        : notAllowed(origin, 'the API answers 403'),
    );
  }
  return found;
};

/** By expression of the whole origin (REST API 1.1.3 and later), or by host name, with a leading dot for all below. */
function isAllowed(entries: readonly { origin: string; value: boolean }[], host: string, origin: string): boolean {
  const fitting = entries.filter(({ origin: key }) => {
    if (/^[.\w-]+$/.test(key)) return key.startsWith('.') ? host.endsWith(key) || host === key.slice(1) : host === key;
    try {
      return new RegExp(`^(?:${key})$`).test(origin);
    } catch {
      return false;
    }
  });
  return fitting.some(({ value }) => value);
}

const notAllowed = (origin: string, why: string): Diagnostic => ({
  code: 'domino-cors-refused',
  severity: 'error',
  message: `the API refuses requests of its own public name, with Origin ${origin}: ${why}`,
  help: 'keepgate domino proxy enters it; then on the console of Domino: tell restapi reload',
});
