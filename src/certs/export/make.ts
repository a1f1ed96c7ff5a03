import type { ExportContents, ExportForm, ExportFormat, ExportSource } from './formats.ts';
import { toJks } from './jks.ts';
import { checkPassword } from './password.ts';
import { toPem } from './pem.ts';
import { toPfx } from './pfx.ts';

type Maker = (source: ExportSource, form: ExportForm) => ExportContents | Promise<ExportContents>;

const makers: Readonly<Record<ExportFormat, Maker>> = { pem: toPem, pfx: toPfx, jks: toJks };

/** @throws KeepgateError export-password (1), openssl-missing, keytool-missing, export-failed (4) */
export async function makeExport(source: ExportSource, form: ExportForm): Promise<ExportContents> {
  checkPassword(form.as, form.password);
  return makers[form.as](source, form);
}
