/** A spec, a folder of root's that nobody may touch, and a run of keepgate as root in this process. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepgateAt } from '../../in-process.ts';
import { memory } from '../../memory.ts';
import type { Run } from '../../run-keepgate.ts';

export const secret = 'the secret of root';

export class Scene {
  readonly folder = mkdtempSync(join(memory(), 'keepgate-attack-'));

  constructor() {
    chmodSync(this.folder, 0o755);
    this.spec(8080);
  }

  at(path: string): string {
    return join(this.folder, path);
  }

  spec(port: number): void {
    const target = '{version: 1.22.1, openssl: 3.0.0, modules: [http_ssl_module, http_v2_module]}';
    writeFileSync(
      this.at('keepgate.yaml'),
      `version: 1
nginx: {target: ${target}, layout: debian}
sites:
  api: {hosts: [api.example.com], upstream: "http://127.0.0.1:${port}", tls: {certificate: {cert: /c.pem, key: /k.pem}}}
`,
    );
  }

  folders(...paths: readonly string[]): void {
    for (const path of paths) mkdirSync(this.at(path), { recursive: true, mode: 0o755 });
  }

  /** A folder of root's own, in which nothing is in the way of keepgate's files. */
  victim(path: string): string {
    for (const below of ['conf.d', 'sites-available', 'sites-enabled']) this.folders(join(path, below));
    writeFileSync(this.at(join(path, 'nginx.conf')), `# ${secret}\n`);
    return this.at(path);
  }

  run(...argv: readonly string[]): Promise<Run> {
    return keepgateAt(argv, { cwd: this.folder, now: () => new Date() });
  }

  render(out: string, ...more: readonly string[]): Promise<Run> {
    return this.run('render', 'keepgate.yaml', '--out', out, ...more);
  }

  apply(root: string, ...more: readonly string[]): Promise<Run> {
    return this.run('apply', 'keepgate.yaml', '--root', root, '--sandbox', 'none', ...more);
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
