/** A state that the machine had before, against the real nginx in a sandbox: without a spec, from the files alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from '../certs/self-signed.ts';
import type { Plan, Wanted } from '../deploy/plan.ts';
import type { Diagnostic } from '../diagnostic.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import { nginxName } from '../model/target.ts';
import type { NginxBinary } from '../nginx/binary.ts';
import { referencesOf } from '../nginx/references.ts';
import { testConfiguration } from '../nginx/sandbox.ts';

const severe: ReadonlySet<string> = new Set(['error', 'crit', 'alert', 'emerg']);

/** Merged with what else is in the folder. The findings are errors; none when nginx takes it. */
export async function provePast(
  nginx: NginxBinary,
  folder: string,
  { files, links }: Wanted,
  plan: Plan,
): Promise<Diagnostic[]> {
  if (!existsSync(join(folder, 'nginx.conf'))) return [];
  const named = files.map(({ text }) => referencesOf(Buffer.from(text).toString('utf8')));
  const { certificate, key } = selfSigned([]);
  const at = (path: string): string => `${nginxFolder}/${path}`;
  const result = await testConfiguration(
    nginx,
    {
      files: files.map(({ path, text }) => ({ path: at(path), text })),
      links: links.map(({ path, to }) => ({ path: at(path), to })),
      standIns: {
        certificates: named.flatMap(({ certificates }) => certificates),
        keys: named.flatMap(({ keys }) => keys),
        certificatePem: certificate,
        keyPem: key,
      },
      names: named.flatMap(({ names }) => names),
      raw: true,
      live: folder,
      without: plan.remove.map(at),
    },
    { sandbox: 'auto' },
  );
  if (result.outcome === 'failed') return [{ ...result.diagnostic, severity: 'error' }];
  if (result.passed) return [];
  return result.messages
    .filter(({ level }) => severe.has(level))
    .map(({ text, file, line }) => ({
      code: 'nginx-refused',
      severity: 'error',
      message: `${nginxName(nginx.target)} refuses that state: ${text}${file === undefined ? '' : ` (${file}:${line})`}`,
    }));
}
