/** All that switching the API's own TLS on changes, and what speaks against it. */
import type { X509Certificate } from 'node:crypto';
import type { Diagnostic } from '../diagnostic.ts';
import { type Change, readIn } from './change.ts';
import type { Folder } from './folder.ts';
import { installationOf, portOf } from './installation.ts';
import { keyStoreFile } from './key-store-file.ts';
import { leadsHere, type Machine } from './leads-here.ts';
import { managementHost, managementUrl } from './management-host.ts';
import { setIniValue } from './notes-ini.ts';
import type { Layers } from './overlay.ts';
import { overlayChange } from './overlay-change.ts';
import { readConfig } from './read-keepconfig.ts';
import { type OwnTls, tlsEdits, tlsProblems } from './tls-settings.ts';

export interface TlsPlanOptions {
  readonly tls: OwnTls;
  readonly environment: Readonly<Record<string, string>>;
  /** The files of the key store; `here` is looked at. */
  readonly files: readonly { readonly theirs: string; readonly here: string | undefined }[];
  /** The file name in keepconfig.d. */
  readonly overlay: string;
  /** The name that was asked for. */
  readonly host: string | undefined;
  readonly certificate: X509Certificate | undefined;
  /** The folder stands for one on another machine. */
  readonly elsewhere: boolean;
  /** Without it nobody looks whether the host name leads to the management port. */
  readonly machine?: Machine;
}

export interface TlsPlan {
  readonly changes: readonly Change[];
  readonly diagnostics: readonly Diagnostic[];
  /** The line of notes.ini; empty when no host name is known. */
  readonly iniLine: string;
}

/** Reads; changes nothing. @throws KeepgateError domino-folder (1), domino-file-kind (1) */
export async function planTls(folder: Folder, options: TlsPlanOptions): Promise<TlsPlan> {
  const { tls, overlay, environment } = options;
  const config = readConfig(folder, options.elsewhere);
  const others = config.overlays.filter(({ name }) => name !== overlay);
  const edits = tlsEdits(tls, { overlays: others, environment });
  const secret = tls.as !== 'certmgr' && tls.password.from === 'given';
  const file = overlayChange(folder, overlay, edits, { secret });
  if (!file.ok) return { changes: [], diagnostics: [...config.diagnostics, file.diagnostic], iniLine: '' };
  const layers: Layers = { overlays: [...others, { name: overlay, settings: file.settings }], environment };
  const installation = installationOf(layers);
  const diagnostics = [
    ...config.diagnostics,
    ...tlsProblems(tls, edits, overlay, layers),
    ...options.files.flatMap(({ here }) => storeFileFindings(here, folder, options.elsewhere)),
  ];
  const host = managementHost(options.host, options.certificate);
  if (!host.ok) return { changes: [file.change], diagnostics: [...diagnostics, host.diagnostic], iniLine: '' };
  const url = `https://${host.host}:${portOf(installation, 'management')}`;
  const ini = iniChange(folder, url);
  const isReachable = diagnostics.every(({ code }) => code !== 'domino-host-loopback');
  const lookup =
    options.machine && isReachable ? await leadsHere(host.host, installation.host?.value, options.machine) : [];
  return {
    changes: [file.change, ...ini.changes],
    diagnostics: [...diagnostics, ...lookup, ...ini.diagnostics],
    iniLine: `${managementUrl}=${url}`,
  };
}

function storeFileFindings(here: string | undefined, folder: Folder, elsewhere: boolean): Diagnostic[] {
  if (here === undefined) return [];
  const found = keyStoreFile(here, elsewhere ? { uid: 0, gid: 0 } : folder);
  return elsewhere
    ? found.map(({ code, message }) => ({
        code,
        severity: 'info',
        message: message.replace(folder.path, folder.shown),
        help: 'It has to be on the other machine, readable for the user that Domino runs as.',
      }))
    : found;
}

function iniChange(folder: Folder, url: string): { changes: Change[]; diagnostics: Diagnostic[] } {
  const before = readIn(folder, 'notes.ini');
  const line = `${managementUrl}=${url}`;
  if (before === undefined) {
    const diagnostic: Diagnostic = {
      code: 'domino-ini-missing',
      severity: 'warning',
      message: `there is no notes.ini in ${folder.shown}`,
      help: `Put this line into the notes.ini of the server yourself: ${line}`,
    };
    return { changes: [], diagnostics: [diagnostic] };
  }
  const edit = setIniValue(before.bytes, managementUrl, url);
  if ('bytes' in edit)
    return { changes: [{ path: 'notes.ini', before, after: { ...before, bytes: edit.bytes } }], diagnostics: [] };
  const at = `${folder.shown}/notes.ini`;
  if (edit.state === 'not-text')
    return failure(
      'domino-ini-not-text',
      `${at} is not text of one byte or more for each character`,
      'Save it as plain text, not as UTF-16.',
    );
  const lines = edit.lines.map(({ line: number, text }) => `line ${number}: ${text}`).join('; ');
  return failure(
    'domino-ini-twice',
    `${managementUrl} stands several times in ${at}: ${lines}`,
    'Take all but one of them away.',
  );
}

const failure = (code: string, message: string, help: string) => ({
  changes: [],
  diagnostics: [{ code, severity: 'error' as const, message, help }],
});
