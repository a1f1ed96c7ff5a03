/** The files that a spec names, looked at where what is installed will read them. */
import { inspectFiles } from '../check/disk.ts';
import { insideRoot } from '../deploy/inside-root.ts';
import { type Diagnostic, KeepgateError } from '../diagnostic.ts';
import type { Installation } from './installation.ts';

/**
 * What issuing mends: a certificate of keepgate's store that has run out, or that lacks a host which the spec has now, must not keep the
 * site from being installed, since `up` and `cert issue` need it there.
 */
const mended: ReadonlySet<string> = new Set(['certificate-expired', 'certificate-name-mismatch']);

/**
 * The findings of `check` about them; none where the folder is nobody's file system. Missing certificates of the store get stand-ins, which
 * is said when they do. What a link leads to out of an image is not looked at.
 */
export function inspectInstalled({ place, configuration }: Installation, now: Date): Diagnostic[] {
  const { fileSystem } = place;
  if (fileSystem === undefined) return [];
  const { resolved, places } = configuration;
  const managed = new Set(resolved.model.sites.filter(({ tls }) => tls.managed).map(({ name }) => name));
  return inspectFiles(resolved, places, now, 'warning', (path) => seenFrom(fileSystem, path))
    .filter(({ code, severity }) => !(code === 'certificate-missing' && severity === 'info'))
    .map((found) => {
      const later = found.severity === 'error' && mended.has(found.code) && managed.has(found.site ?? '');
      return later ? { ...found, severity: 'warning', help: 'Get a new one: keepgate cert issue' } : found;
    });
}

function seenFrom(fileSystem: string, path: string): string | undefined {
  try {
    return insideRoot(fileSystem, path);
  } catch (error) {
    if (error instanceof KeepgateError) return undefined;
    throw error;
  }
}
