/** The files that a spec names, looked at where they lie: certificates, CA bundles, password files. */
import { type Inspection, inspectCaFile, inspectCertificate, inspectPasswordFile } from '../certs/inspect.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { placeOf } from '../model/expand.ts';
import type { Resolved } from '../model/resolve.ts';
import { systemCa } from '../model/upstreams.ts';
import type { Path } from '../spec/document.ts';
import type { Places } from '../spec/load.ts';
import { passwordFiles } from './named-files.ts';

/**
 * What is wrong with them at a moment. Certificates that don't exist yet are one finding, however many they are; `missing` is
 * how severe it is that a file of the user's own is not there: where it has to be, nginx would not start. `at`: where a path of the
 * spec lies on this machine; undefined for one that can't be looked at from here.
 */
export function inspectFiles(
  { model, expanded }: Resolved,
  places: Places,
  now: Date,
  missing: 'info' | 'warning',
  at: (path: string) => string | undefined = (path) => path,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const awaited: string[] = [];
  for (const [index, site] of model.sites.entries()) {
    const source = expanded[index];
    if (!source) continue;
    const add = (inspection: Inspection, path: Path): void => {
      for (const diagnostic of inspection.diagnostics) {
        const place = placeOf(places, source, path, 'key');
        const severity = isMissing(diagnostic) ? missing : diagnostic.severity;
        diagnostics.push({ ...diagnostic, severity, site: site.name, ...(place && { at: place }) });
      }
    };
    const { clientAuth, managed } = site.tls;
    const [certificate, key] = [at(site.tls.certificate), at(site.tls.key)];
    const inspection =
      certificate === undefined || key === undefined
        ? unseen
        : inspectCertificate({ certificate, key, names: site.hosts }, now);
    if (managed && !inspection.present && inspection.diagnostics.every(({ code }) => code === 'certificate-missing'))
      awaited.push(site.name);
    else add(inspection, ['tls', 'certificate']);
    const look = (file: string, inspect: (path: string) => Inspection, path: Path): void => {
      const place = at(file);
      if (place !== undefined) add(inspect(place), path);
    };
    if (clientAuth) look(clientAuth.ca, (path) => inspectCaFile(path, now), ['tls', 'clientAuth', 'ca']);
    for (const { path, file } of passwordFiles(source)) look(file, inspectPasswordFile, path);
    for (const ca of new Set(
      site.locations.flatMap(({ proxy }) => (proxy?.tls?.verify && proxy.tls.ca !== systemCa ? [proxy.tls.ca] : [])),
    ))
      look(ca, (path) => inspectCaFile(path, now), ['routes']);
  }
  return awaited.length > 0 ? [...diagnostics, notYetThere(awaited)] : diagnostics;
}

const unseen: Inspection = { present: true, diagnostics: [] };

const isMissing = ({ code, severity }: Diagnostic): boolean => severity === 'info' && code.endsWith('-missing');

function notYetThere(sites: readonly string[]): Diagnostic {
  const names = sites.length > 5 ? `${sites.slice(0, 5).join(', ')} and ${sites.length - 5} more` : sites.join(', ');
  const what = sites.length === 1 ? 'the certificate of 1 site does' : `the certificates of ${sites.length} sites do`;
  return {
    code: 'certificate-missing',
    severity: 'info',
    message: `${what} not exist yet (${names}); the test takes a stand-in`,
  };
}
