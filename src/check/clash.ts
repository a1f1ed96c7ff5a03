/** A clash between ours and what the machine has already: both places, and the command that resolves it. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic, Location } from '../diagnostic.ts';
import type { NginxMessage } from '../nginx/output.ts';
import type { Rendered } from '../render/render.ts';
import { renderedLine } from './blame.ts';
import { nginxFolder } from './test-tree.ts';

interface Clash {
  readonly code: string;
  readonly message: string;
  /** The directive on either side. */
  readonly pattern: RegExp;
  readonly way: (theirs: Location | undefined) => string;
}

/** Explains messages that only a merge with a machine's own configuration can cause; undefined for others. */
export function explainClash(message: NginxMessage, rendered: Rendered, live: string): Diagnostic | undefined {
  const clash = clashOf(message.text);
  if (!clash) return undefined;
  const theirs = findTheirs(clash.pattern, live, rendered);
  const ours = rendered.files
    .map((file) => lineOf(file.text, clash.pattern, (line) => renderedLine(file, line)))
    .find(Boolean);
  if (!theirs || !ours) return undefined;
  return {
    code: clash.code,
    severity: 'error',
    message: clash.message,
    at: theirs,
    related: [{ message: "keepgate's side of it", at: ours }],
    help: clash.way(theirs),
  };
}

function clashOf(text: string): Clash | undefined {
  const socket = /^a duplicate default server for (\S+)/.exec(text)?.[1];
  if (socket !== undefined) {
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(socket) ?? [];
    const address = host === '0.0.0.0' ? `(?:\\*:|0\\.0\\.0\\.0:)?${port}` : `${escaped(host)}:${port}`;
    return {
      code: 'clash-default-server',
      message: `the machine has a default server for ${socket} already, and nginx takes only one`,
      pattern: new RegExp(`^\\s*listen\\s+${address}\\s[^;]*default_server`),
      way: (theirs) =>
        removal(theirs, 'or keep it and let it answer for unknown hosts: nginx: {defaultServer: off} in the spec'),
    };
  }
  const server = /^conflicting server name "([^"]*)"/.exec(text)?.[1];
  if (server !== undefined)
    return {
      code: 'clash-server-name',
      message: `the machine has a server for "${server}" already; nginx would ignore one of the two`,
      pattern: new RegExp(`^\\s*server_name\\s(?:[^;]*\\s)?${escaped(server)}[\\s;]`),
      way: (theirs) => removal(theirs, 'or take the host out of the spec'),
    };
  const upstream = /^duplicate upstream "([^"]*)"/.exec(text)?.[1];
  if (upstream !== undefined)
    return {
      code: 'clash-upstream',
      message: `the machine has an upstream "${upstream}" already`,
      pattern: new RegExp(`^\\s*upstream\\s+${escaped(upstream)}[\\s{]`),
      way: (theirs) => removal(theirs, 'or give the site or the upstream another name'),
    };
  const directive = /^"([a-z_]+)" directive is duplicate/.exec(text)?.[1];
  if (directive !== undefined)
    return {
      code: 'clash-directive',
      message: `the machine sets ${directive} for all of nginx already`,
      pattern: new RegExp(`^\\s*${directive}\\s`),
      way: (theirs) => (theirs ? `Take line ${theirs.line} out of ${theirs.file}.` : 'Take one of them out.'),
    };
  const format = /^duplicate "log_format" name "([^"]*)"/.exec(text)?.[1];
  if (format === undefined) return undefined;
  return {
    code: 'clash-log-format',
    message: `the machine has a log format "${format}" already`,
    pattern: new RegExp(`^\\s*log_format\\s+${escaped(format)}\\s`),
    way: (theirs) => removal(theirs, 'or give it another name'),
  };
}

/** How to take the other side away: a site is disabled by removing its link, and stays where it is. */
function removal(theirs: Location | undefined, otherwise: string): string {
  if (!theirs) return otherwise;
  const way = theirs.file.includes('/sites-enabled/')
    ? `sudo rm ${theirs.file}`
    : `sudo mv ${theirs.file} ${theirs.file}.off`;
  return `${way}\n${otherwise}`;
}

function findTheirs(pattern: RegExp, live: string, rendered: Rendered): Location | undefined {
  const own = new Set([...rendered.files, ...rendered.links].map(({ path }) => path));
  for (const path of configurationFiles(live)) {
    if (own.has(path)) continue;
    const text = readText(join(live, path));
    const found = lineOf(text, pattern, (line, source) => ({
      file: `${nginxFolder}/${path}`,
      line,
      column: source.length - source.trimStart().length + 1,
      length: source.trim().length,
      source,
    }));
    if (found) return found;
  }
  return undefined;
}

/** Files that a configuration usually includes, sites-enabled first: that is where a person can switch one off. */
function configurationFiles(live: string): string[] {
  const below = (folder: string): string[] => {
    try {
      return readdirSync(join(live, folder))
        .sort()
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  };
  return [...below('sites-enabled'), ...below('conf.d'), 'nginx.conf'];
}

function readText(path: string): string {
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    return stats.isFile() && stats.size < 1_000_000 ? readFileSync(real, 'utf8') : '';
  } catch {
    // a link of Debian's leads to /etc/nginx by its absolute path, which a copy of the tree does not have
    return '';
  }
}

function lineOf(text: string, pattern: RegExp, make: (line: number, source: string) => Location): Location | undefined {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => pattern.test(line));
  return index === -1 ? undefined : make(index + 1, lines[index] ?? '');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
