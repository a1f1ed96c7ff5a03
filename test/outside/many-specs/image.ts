/** The file system of an image with a stock nginx, and services that each apply a spec of their own to it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { treeOf } from '../../deploy/rendered.ts';
import { keepgateAt } from '../../in-process.ts';
import { nginxOf } from '../../parts.ts';
import type { Run } from '../../run-keepgate.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export const fixture = join(import.meta.dirname, '0.1.0');

/** One site, in one line of YAML each. */
export interface Service {
  readonly site: string;
  readonly hosts?: readonly string[];
  readonly port?: number;
  /** More lines of the site, without their indentation. */
  readonly more?: readonly string[];
  /** The section nginx, besides the target. */
  readonly nginx?: string;
  /** Of nginx; '' leaves the section out. */
  readonly version?: string;
}

export const specOf = ({ site, hosts = [`${site}.example.com`], port = 8080, more = [], ...rest }: Service): string => {
  const { nginx = '', version = '1.26.3' } = rest;
  const lines = [`hosts: [${hosts.join(', ')}]`, `upstream: http://127.0.0.1:${port}`, ...more];
  const target = version && `nginx: {target: "${version}"${nginx && `, ${nginx}`}}\n`;
  return `version: 1\n${target}sites:\n  ${site}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
};

export class Image {
  readonly folder: string;

  constructor(installed?: string) {
    this.folder = mkdtempSync(join(realpathSync(tmpdir()), 'keepgate-specs-'));
    made.push(this.folder);
    for (const name of ['conf.d', 'sites-available', 'sites-enabled'])
      mkdirSync(join(this.etc, name), { recursive: true });
    writeFileSync(join(this.etc, 'nginx.conf'), 'events {}\nhttp {}\n');
    if (installed !== undefined) cpSync(installed, this.etc, { recursive: true, verbatimSymlinks: true });
  }

  get etc(): string {
    return join(this.folder, 'image/etc/nginx');
  }

  /** Writes a file below the working folder. @returns its absolute path */
  write(name: string, text: string): string {
    const path = join(this.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Writes the spec of a service as `srv/SITE.yaml`. */
  service(service: Service, name = `srv/${service.site}.yaml`): string {
    return this.write(name, specOf(service));
  }

  /** In the working folder, with --root; `cwd` is below it. */
  run(args: readonly string[], cwd = '.'): Promise<Run> {
    const at = join(this.folder, cwd);
    return keepgateAt([...args, '--root', join(this.folder, 'image')], { cwd: at, now: () => new Date() });
  }

  /** `check` with what is installed there, by a real nginx. */
  check(spec: string): Promise<Run> {
    const args = ['check', spec, `--live=${this.etc}`, '--nginx', nginxOf('trixie')];
    return keepgateAt(args, { cwd: this.folder, now: () => new Date() });
  }

  async done(...args: string[]): Promise<Run> {
    const run = await this.run(args);
    expect(run, args.join(' ')).toMatchObject({ exitCode: 0 });
    return run;
  }

  /** @returns what it says, whole words of one line */
  async refused(...args: string[]): Promise<string> {
    const { exitCode, stderr } = await this.run(args);
    expect({ args, exitCode, stderr }).toMatchObject({ exitCode: 1 });
    return stderr.replaceAll(/\s+/g, ' ');
  }

  /** The names of the sites that nginx reads. */
  get sites(): string[] {
    return Object.keys(this.tree).flatMap((path) => /^sites-enabled\/keepgate_(.+)\.conf$/.exec(path)?.[1] ?? []);
  }

  get tree(): Record<string, string> {
    return Object.fromEntries(Object.entries(treeOf(this.etc)).filter(([path]) => !path.startsWith('.keepgate')));
  }

  get shared(): string {
    return this.tree['conf.d/keepgate.conf'] ?? '';
  }

  text(site: string): string {
    return readFileSync(join(this.etc, `sites-available/keepgate_${site}.conf`), 'utf8');
  }
}
