/** Which nginx is rendered for: the command line's word, then the spec's, then the machine's. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import { type FileContents, readRegularFile } from '../files/regular-file.ts';
import { nginxFolder } from '../model/nginx-folder.ts';
import { parseNginxV, type Target } from '../model/target.ts';
import type { Places } from '../spec/load.ts';
import type { NginxOptions } from '../spec/types.gen.ts';
import type { Io } from './io.ts';

export interface TargetOptions {
  readonly nginxVersion?: string | undefined;
  readonly target?: string | undefined;
}

/**
 * The target that the command line or the spec names; undefined for `auto`. A file that the spec names is relative to the
 * spec file, one of the command line to the working folder.
 * @throws KeepgateError for a file that is no output of `nginx -V`
 */
export function namedTarget(
  options: TargetOptions,
  spec: NginxOptions | undefined,
  places: Places,
  io: Io,
): Target | undefined {
  if (options.nginxVersion !== undefined) return ofVersion(options.nginxVersion);
  if (options.target !== undefined) return savedTarget(options.target, io);
  const target = spec?.target ?? 'auto';
  if (target === 'auto') return undefined;
  if (typeof target === 'string') return ofVersion(target);
  if (target.file !== undefined) return savedTarget(besides(places.file(['nginx']), target.file), io);
  const { version, openssl, ...more } = target;
  if (version === undefined)
    throw new KeepgateError(1, { code: 'target-incomplete', message: 'nginx.target needs a version, or a file' });
  const base = ofVersion(version);
  return { ...base, ...(openssl !== undefined && { openssl }), ...more };
}

/** The newest nginx: what is wrong for it is wrong for any, where none is there to ask. */
export const newestNginx: Target = {
  version: '1.30.0',
  openssl: '3.5.0',
  modules: ['http_ssl_module', 'http_v2_module', 'http_v3_module', 'http_realip_module'],
};

/** A version alone tells nothing of the modules. */
function ofVersion(version: string): Target {
  if (!/^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(version))
    throw new KeepgateError(2, {
      code: 'target-unknown',
      message: `"${version}" is not a version of nginx such as 1.26.3`,
    });
  return { version, openssl: '1.1.1' };
}

function besides(specFile: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(specFile), path);
}

function savedTarget(path: string, io: Io): Target {
  const contents = readRegularFile(resolve(io.cwd, path));
  if (contents.state !== 'read') {
    const message = `the target file ${path} can't be read: ${reasonOf(contents)}`;
    throw new KeepgateError(1, { code: 'target-unknown', message });
  }
  const target = parseNginxV(contents.bytes.subarray(0, 100_000).toString('utf8'));
  if (target) return target;
  const help = `Save it with: nginx -V 2> ${path}`;
  throw new KeepgateError(1, { code: 'target-unknown', message: `${path} does not hold the output of nginx -V`, help });
}

function reasonOf(contents: Exclude<FileContents, { state: 'read' }>): string {
  if (contents.state === 'missing') return 'there is no such file';
  if (contents.state === 'not-a-file') return `it is ${contents.kind}`;
  return contents.state === 'unreadable' ? contents.reason : 'it is larger than 1 MB';
}

/** The nginx that is installed here. @throws KeepgateError when there is none */
export async function installedTarget(io: Io): Promise<Target> {
  return (await installedNginx(io)).target;
}

export async function installedNginx(io: Io): ReturnType<typeof import('../nginx/binary.ts')['inspectNginx']> {
  const { findNginx, inspectNginx } = await import('../nginx/binary.ts');
  const path = await findNginx(io.env);
  if (path !== undefined) return inspectNginx(path);
  throw new KeepgateError(4, {
    code: 'nginx-missing',
    message: 'no nginx is installed here, and nothing names another to render for',
    help: 'Install it (sudo apt-get install nginx), or name a target: --nginx-version 1.26.3, or nginx.target in the spec.',
  });
}

/** The layout that the spec names, else that of nginx's folder. */
export function layoutOf(spec: NginxOptions | undefined, folder: string = nginxFolder): 'debian' | 'conf.d' {
  const layout = spec?.layout ?? 'auto';
  if (layout !== 'auto') return layout;
  return existsSync(join(folder, 'conf.d')) && !existsSync(join(folder, 'sites-enabled')) ? 'conf.d' : 'debian';
}
