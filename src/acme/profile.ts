import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import type { AcmeSession } from './session.ts';

/** @throws KeepgateError acme-unknown-profile (1): a CA would ignore it or refuse the order (draft-ietf-acme-profiles) */
export function checkProfile({ profiles, directory }: AcmeSession, profile: string | undefined): void {
  if (profile === undefined || Object.hasOwn(profiles, profile)) return;
  const known = Object.keys(profiles);
  const near = suggest(profile, known);
  throw new KeepgateError(1, {
    code: 'acme-unknown-profile',
    message: `${directory.name} has no profile "${profile}"${near ? `; did you mean "${near}"?` : ''}`,
    help:
      known.length > 0
        ? `It has ${known.map((name) => `${name} (${profiles[name]})`).join(', ')}.`
        : 'It has no profiles at all: leave it out.',
  });
}
