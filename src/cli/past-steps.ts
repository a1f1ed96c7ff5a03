/** How files are installed that no spec was read for: what they name is read from them. */
import type { Goal } from '../deploy/apply.ts';
import { expectedCertificates } from '../deploy/expected-certificates.ts';
import type { InstallFolder } from '../deploy/place.ts';
import type { Plan, Wanted } from '../deploy/plan.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { makeStandIns, missingCertificates } from './installation.ts';
import type { Io } from './io.ts';
import { servedSites, storedCertificates } from './restored-sites.ts';

interface Where {
  readonly place: InstallFolder;
  readonly binary: NginxBinary | undefined;
  readonly sandbox: 'auto' | 'none';
}

export function stepsFor(
  wanted: Wanted,
  { place, binary, sandbox }: Where,
  io: Io,
): Pick<Goal, 'prove' | 'missing' | 'standIn' | 'expect'> {
  const { files } = wanted;
  const certificates = place.fileSystem === undefined ? [] : storedCertificates(servedSites(files), place.fileSystem);
  return {
    prove: async (plan: Plan) =>
      sandbox === 'none' || binary === undefined
        ? []
        : (await import('../check/past-state.ts')).provePast(binary, place.folder, wanted, plan),
    missing: () => missingCertificates({ place, certificates }),
    standIn: (names) => makeStandIns({ place, certificates }, names, io),
    expect: (plan) => expectedCertificates(servedSites(plan.files)),
  };
}
