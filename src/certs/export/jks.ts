import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNew } from '../../files/durable.ts';
import type { ExportContents, ExportForm, ExportSource } from './formats.ts';
import { keytool } from './keytool.ts';
import { toPfx } from './pfx.ts';

/**
 * A JKS by Java's keytool, from a PFX under a password that is thrown away. Both lie in a private folder meanwhile; the passwords
 * are in the environment of keytool alone.
 * @throws KeepgateError openssl-missing, keytool-missing, export-failed (4)
 */
export async function toJks(source: ExportSource, form: ExportForm): Promise<ExportContents> {
  const passing = randomBytes(24).toString('hex');
  const { store } = await toPfx(source, { ...form, password: passing });
  const folder = mkdtempSync(join(tmpdir(), 'keepgate-export-'));
  try {
    const [from, to] = [join(folder, 'from.pfx'), join(folder, 'to.jks')];
    writeNew(from, store);
    await keytool(
      [
        ...['-importkeystore', '-noprompt'],
        ...['-srckeystore', from, '-srcstoretype', 'PKCS12', '-srcstorepass:env', 'KEEPGATE_FROM'],
        ...['-destkeystore', to, '-deststoretype', 'JKS', '-deststorepass:env', 'KEEPGATE_TO'],
        ...['-destkeypass:env', 'KEEPGATE_TO'],
      ],
      { KEEPGATE_FROM: passing, KEEPGATE_TO: form.password },
    );
    return { store: readFileSync(to) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
