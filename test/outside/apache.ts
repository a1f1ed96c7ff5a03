/** The real Apache on 127.0.0.1, set up as distributions recommend for HTTP/2 without TLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { apacheProgram } from '../../scripts/parts.mjs';
import { freePorts } from '../../src/verify/ports.ts';
import { throwawayFolder } from '../../src/verify/throwaway.ts';

export interface Apache {
  readonly port: number;
  stop(): Promise<void>;
}

/** It offers h2c, in an Upgrade header, with the first response of each connection. */
export async function startApache(): Promise<Apache> {
  const { program, modules } = await apacheProgram();
  const folder = throwawayFolder();
  const [port = 0] = await freePorts(1);
  const file = join(folder.path, 'apache.conf');
  mkdirSync(join(folder.path, 'www'));
  writeFileSync(join(folder.path, 'www/index.html'), 'Apache');
  const load = ['mpm_event', 'authz_core', 'dir', 'http2'].map(
    (name) => `LoadModule ${name}_module "${modules}/mod_${name}.so"\n`,
  );
  writeFileSync(
    file,
    `${load.join('')}ServerRoot "${folder.path}"
ServerName apache.example
Listen 127.0.0.1:${port}
Protocols h2 h2c http/1.1
PidFile httpd.pid
ErrorLog error.log
Mutex posixsem
DocumentRoot "${folder.path}/www"
DirectoryIndex index.html
<Directory "${folder.path}/www">
  Require all granted
  FallbackResource /index.html
</Directory>
`,
  );
  const child = spawn(program, ['-X', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    said += piece;
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
    folder.remove();
  };
  for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
    if (await accepts(port)) return { port, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`Apache did not start: ${said}`);
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
