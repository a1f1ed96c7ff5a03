/** An unprivileged nginx on loopback as the one that is reloaded, with a site of its own. */

import { X509Certificate } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import type { NginxInstance } from '../../src/deploy/nginx-instance.ts';
import { nginxOf } from '../../src/deploy/processes.ts';
import type { ExpectedCertificate } from '../../src/deploy/served-certificate.ts';
import { httpConfiguration } from '../../src/verify/nginx-configuration.ts';
import { type RunningNginx, startNginx } from '../../src/verify/nginx-process.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';
import { type Issued, issue } from '../ca.ts';

export interface Machine {
  readonly running: RunningNginx;
  readonly instance: NginxInstance;
  readonly prefix: string;
  readonly port: number;
  /** Puts the certificate into the files that nginx reads. */
  install(issued: Issued): void;
  /** More of the http level: what the site's own file can't hold. */
  http(text: string): void;
  expecting(issued: Issued, host?: string): ExpectedCertificate;
  stop(): Promise<void>;
}

export const host = 'api.example.com';
export const certificate = () => issue({ commonName: host, names: [host] });

/** How keepgate would know an nginx that `startNginx` has started in a prefix. */
export function instanceIn(nginx: string, prefix: string): NginxInstance {
  const asRoot = process.getuid?.() === 0 ? ' user root;' : '';
  return {
    nginx,
    prefix,
    configuration: join(prefix, 'nginx.conf'),
    globals: `pid nginx.pid; error_log error.log notice;${asRoot}`,
    pidFile: join(prefix, 'nginx.pid'),
    reload: 'signal',
  };
}

export async function startMachine(nginx: string, issued: Issued, more = ''): Promise<Machine> {
  const { path: prefix, remove } = throwawayFolder();
  const [port = 0] = await freePorts(1);
  // By rename: nginx >= 1.27.4 goes on with a certificate whose file has the same inode and second as before.
  const write = (name: string, text: string, mode = 0o644) => {
    writeFileSync(join(prefix, `.${name}`), text, { mode });
    renameSync(join(prefix, `.${name}`), join(prefix, name));
  };
  const install = ({ certificate, key }: Issued) => {
    write('site.pem', certificate);
    write('site.key', key, 0o600);
  };
  const http = (text: string) => write('more.conf', text);
  install(issued);
  http(more);
  write(
    'site.conf',
    `server { listen 127.0.0.1:${port} ssl; server_name ${host}; ssl_certificate site.pem; ssl_certificate_key site.key; return 200 ok; }\n`,
  );
  const configuration = httpConfiguration({ includes: ['more.conf', 'site.conf'] });
  const running = await startNginx({ nginx, prefix, configuration, readyPorts: [port] });
  const instance = instanceIn(nginx, prefix);
  // Only now they say that they are nginx: started through a loader, the master doesn't.
  const workers = () => nginxOf(instance.pidFile)?.children.filter(({ title }) => title === 'nginx: worker process');
  await expect.poll(workers, { timeout: 30_000 }).toHaveLength(2);
  return {
    ...{ running, instance, prefix, port, install, http },
    expecting: ({ certificate }, name = host) => ({
      ...{ host: name, address: '127.0.0.1', port },
      fingerprint: new X509Certificate(certificate).fingerprint256,
    }),
    stop: async () => {
      await running.stop();
      remove();
    },
  };
}
