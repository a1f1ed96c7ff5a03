/** A clash between ours and what the machine has already: both places, and the command that resolves it. */

import type { Diagnostic } from '../diagnostic.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import type { NginxMessage } from '../nginx/output.ts';
import type { Rendered } from '../render/render.ts';
import { word } from '../shell-word.ts';
import { type Found, findLine, type LiveFile } from './live.ts';

interface Clash {
  readonly code: string;
  readonly message: string;
  /** The directive on either side. */
  readonly pattern: RegExp;
  readonly way: (theirs: Found, ours: Found) => string;
}

/** Explains a message that only a merge with the machine's own files can cause; undefined for any other. */
export function explainClash(
  message: NginxMessage,
  rendered: Rendered,
  live: readonly LiveFile[],
): Diagnostic | undefined {
  const clash = clashOf(message.text);
  const theirs = clash && findLine(live, clash.pattern);
  const ours = clash && findLine(renderedAsFiles(rendered.files), clash.pattern);
  if (!theirs || !ours) return undefined;
  return {
    code: clash.code,
    severity: 'error',
    message: clash.message,
    at: theirs.at,
    related: [{ message: "keepgate's side of it", at: ours.at }],
    help: clash.way(theirs, ours),
  };
}

/** The machine's files without those that the rendered ones replace: a spec is checked again after it was installed. */
export function foreignFiles(
  live: readonly LiveFile[],
  { files, links }: Pick<Rendered, 'files' | 'links'>,
  gone: readonly string[] = [],
): LiveFile[] {
  const own = new Set(
    [...files, ...links]
      .map(({ path }) => path)
      .concat(gone)
      .map((path) => `${nginxFolder}/${path}`),
  );
  return live.filter(({ path }) => !own.has(path));
}

export function renderedAsFiles(files: Rendered['files']): LiveFile[] {
  return files.map(({ path, text }) => {
    const real = `${nginxFolder}/${path}`;
    return { path: real, real, lines: text.split('\n'), included: true };
  });
}

/** Where a directive may begin. */
export const start = '(?:^|[;{}])\\s*';

/** Words of `listen` that are the socket's, not a server's. */
const socketOptions = String.raw`\s(?:reuseport|backlog=|rcvbuf=|sndbuf=|fastopen=|deferred|ipv6only=|so_keepalive=|bind)`;

function clashOf(text: string): Clash | undefined {
  const socket = /^a duplicate default server for (\S+)/.exec(text)?.[1];
  if (socket !== undefined)
    return {
      code: 'clash-default-server',
      message: `the machine has a default server for ${socket} already, and nginx takes only one`,
      pattern: defaultServerPattern(socket),
      way: (theirs, ours) =>
        `${noDefault(theirs)}\nor let it answer for unknown hosts, with this in the spec: nginx: {defaultServer: ${
          hasTls(ours) ? 'off' : 'https'
        }}`,
    };
  const server = /^conflicting server name "([^"]*)"/.exec(text)?.[1];
  if (server !== undefined)
    return {
      code: 'clash-server-name',
      message: `the machine has a server for "${server}" already; nginx would ignore one of the two`,
      pattern: new RegExp(`${start}server_name\\s(?:[^;]*\\s)?["']?${escaped(server)}["']?(?:[\\s;]|$)`),
      way: (theirs) => `${switchOff(theirs)}\nor take the host out of the spec`,
    };
  const upstream = /^duplicate upstream "([^"]*)"/.exec(text)?.[1];
  if (upstream !== undefined)
    return {
      code: 'clash-upstream',
      message: `the machine has an upstream "${upstream}" already`,
      pattern: new RegExp(`${start}upstream\\s+["']?${escaped(upstream)}["']?(?:[\\s{]|$)`),
      way: (theirs) => `${switchOff(theirs)}\nor give the site or the upstream another name`,
    };
  const format = /^duplicate "log_format" name "([^"]*)"/.exec(text)?.[1];
  if (format !== undefined)
    return {
      code: 'clash-log-format',
      message: `the machine has a log format "${format}" already`,
      pattern: new RegExp(`${start}log_format\\s+["']?${escaped(format)}["']?(?:\\s|$)`),
      way: switchOff,
    };
  const zone = /^(?:the size \d+ of|the) shared memory zone "([^"]*)" (?:conflicts|is already declared)/.exec(
    text,
  )?.[1];
  if (zone !== undefined)
    return {
      code: 'clash-zone',
      message: `the machine has a shared memory zone "${zone}" already, of another size or for another use`,
      pattern: new RegExp(`(?:\\szone\\s+|zone=|shared:)${escaped(zone)}(?:[\\s:;]|$)`),
      way: (theirs) => `Give the zone in ${placeOf(theirs)} another name, or take it out.`,
    };
  const options = /^duplicate listen options for (\S+)/.exec(text)?.[1];
  if (options !== undefined)
    return {
      code: 'clash-listen-options',
      message: `the machine sets options of the socket ${options} already, and nginx takes them from one server only`,
      pattern: listenPattern(options, socketOptions),
      way: (theirs) =>
        /\sreuseport\b/.test(theirs.at.source)
          ? edited(theirs, 's/ reuseport//')
          : `Take the options of the socket out of ${placeOf(theirs)}.`,
    };
  const directive = /^"([a-z_]+)" directive is duplicate/.exec(text)?.[1];
  if (directive === undefined) return undefined;
  return {
    code: 'clash-directive',
    message: `the machine sets ${directive} for all of nginx already`,
    pattern: new RegExp(`${start}${directive}\\s`),
    way: (theirs) =>
      aloneOnItsLine(theirs) ? edited(theirs, 's/^/#/') : `Take ${directive} out of ${placeOf(theirs)}.`,
  };
}

/** Such as `0.0.0.0:443` for `443`, as nginx calls it. */
export function socketOf(address: string): string {
  return address.includes(':') ? address : `0.0.0.0:${address}`;
}

/** A `listen` on the socket that nginx calls `0.0.0.0:80`, with something among its words, and something else not. */
export function listenPattern(socket: string, having = '', lacking?: string): RegExp {
  const not = lacking === undefined ? '' : `(?![^;]*${lacking})`;
  return new RegExp(
    `${start}listen\\s+${addressPattern(socket)}(?=[\\s;])${not}${having === '' ? '' : `[^;]*${having}`}`,
  );
}

/** The `listen` of a default server on the socket that nginx calls `0.0.0.0:80`, however it is written. */
export function defaultServerPattern(socket: string): RegExp {
  return new RegExp(`${start}listen\\s+${addressPattern(socket)}\\s[^;]*\\bdefault(?:_server)?\\b`);
}

function addressPattern(socket: string): string {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(socket) ?? [];
  if (host !== '0.0.0.0') return port === '80' ? `${escaped(host)}(?::80)?` : `${escaped(host)}:${port}`;
  return port === '80' ? '(?:(?:\\*|0\\.0\\.0\\.0)(?::80)?|80)' : `(?:(?:\\*|0\\.0\\.0\\.0):)?${port}`;
}

/** Debian's own page is nobody's site and goes; any other stays and only loses the word. */
function noDefault(theirs: Found): string {
  if (theirs.file.path === `${nginxFolder}/sites-enabled/default`) return switchOff(theirs);
  const { source } = theirs.at;
  if (/\sdefault_server\b/.test(source)) return `sudo sed -i 's/ default_server//' ${word(theirs.file.real)}`;
  return edited(theirs, 's/ default\\b//');
}

/** A site is switched off by removing its link, and stays where it is. nginx.conf can't be missed. */
function switchOff(theirs: Found): string {
  const { path, real } = theirs.file;
  if (path === `${nginxFolder}/nginx.conf`) return `Take that out of ${placeOf(theirs)}.`;
  return path === real
    ? `sudo mv ${word(path)} ${word(`${nginxFolder}/${nameOf(path)}.off`)}`
    : `sudo rm ${word(path)}`;
}

export function edited({ file, at }: Found, script: string): string {
  return `sudo sed -i '${at.line}${script}' ${word(file.real)}`;
}

const hasTls = ({ at }: Found): boolean => /\s(?:ssl|quic)\b/.test(at.source);

const aloneOnItsLine = ({ at }: Found): boolean => /^[^;{}]*;\s*(?:#.*)?$/.test(at.source);

const placeOf = ({ file, at }: Found): string => `line ${at.line} of ${file.real}`;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
