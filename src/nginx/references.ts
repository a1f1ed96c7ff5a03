import { posix } from 'node:path';

/** What a configuration's text names besides itself. Paths are absolute; a relative one counts from the main file's folder. */
export interface References {
  /** Of `include`; the last segment may be a pattern. */
  readonly includes: readonly string[];
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
  /** Other files that `nginx -t` reads and that hold no secret. */
  readonly read: readonly string[];
  /** Secrets that `nginx -t` reads: their kind decides what can stand in for them. */
  readonly ticketKeys: readonly string[];
  readonly passwordFiles: readonly string[];
  /** Folders that nginx creates or opens files in. */
  readonly folders: readonly string[];
  /** Host names that nginx resolves when it starts. */
  readonly names: readonly string[];
  readonly users: readonly string[];
}

type Kind = keyof References;

const kinds: readonly (readonly [directive: RegExp, kind: Kind])[] = [
  [/^include$/, 'includes'],
  [/^(\w+_)?ssl_certificate$/, 'certificates'],
  [/^(\w+_)?ssl_certificate_key$/, 'keys'],
  [/^(\w+_)?ssl_(trusted_certificate|client_certificate|crl|dhparam|stapling_file)$/, 'read'],
  [/^ssl_session_ticket_key$/, 'ticketKeys'],
  [/^(\w+_)?ssl_password_file$/, 'passwordFiles'],
  [/^(access_log|error_log|pid|lock_file|\w+_temp_path|\w+_cache_path|\w+_store)$/, 'folders'],
  [/^(\w+_pass|server)$/, 'names'],
  [/^user$/, 'users'],
];
const directive = /(?:^|[;{}])[ \t]*(include|user|pid|server|lock_file|\w+_[a-z]+)[ \t]+([^;{}\n]+)(?=;)/gm;

/** Finds them by their directives. It need not be exact: nginx judges, this only decides what it gets to see. */
export function referencesOf(text: string, folder = '/etc/nginx'): References {
  const found: Record<Kind, string[]> = {
    includes: [],
    certificates: [],
    keys: [],
    read: [],
    ticketKeys: [],
    passwordFiles: [],
    folders: [],
    names: [],
    users: [],
  };
  for (const [, name = '', rest = ''] of text.replace(/^\s*#.*$/gm, '').matchAll(directive)) {
    const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
    if (kind === 'users') found.users.push(...rest.split(/\s+/));
    const value = kind && referredTo(kind, /^["']?([^\s"']+)/.exec(rest)?.[1] ?? '', folder);
    if (value !== undefined) found[kind as Kind].push(value);
  }
  return found;
}

function referredTo(kind: Kind, value: string, folder: string): string | undefined {
  if (kind === 'users' || value.includes('$')) return undefined;
  if (kind === 'names') return /^(?:\w+:\/\/)?([a-z][\w.-]*)(?=[:/]|$)/i.exec(value)?.[1];
  if (kind === 'folders') return value.startsWith('/') ? posix.dirname(posix.normalize(value)) : undefined;
  // engine:…, data:…, store:… name no file.
  return /^\w+:/.test(value) ? undefined : posix.resolve(folder, value);
}

/** Which paths an `include` means: glob(7) without bracket expressions; a hidden file has to be named. */
export function includeMatcher(pattern: string): RegExp {
  const segments = pattern.split('/').map((segment) => {
    const visible = /^[*?]/.test(segment) ? '(?!\\.)' : '';
    const source = segment
      .replace(/[^\w*?-]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replaceAll('?', '[^/]');
    return visible + source;
  });
  return new RegExp(`^${segments.join('/')}$`);
}
