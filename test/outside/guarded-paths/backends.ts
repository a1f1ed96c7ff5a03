/** Real backends. Each answers with the name of the handler that has run: `handler:internal`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { apacheProgram, tomcatJars } from '../../../scripts/parts.mjs';
import { freePorts } from '../../../src/verify/ports.ts';
import { throwawayFolder } from '../../../src/verify/throwaway.ts';
import { parts } from '../../parts.ts';
import { express4, express5, fastify, koa } from './frameworks.mjs';

export interface Backend {
  readonly port: number;
  stop(): Promise<void>;
}

export const backends = {
  express4: () => served(express4()),
  express5: () => served(express5()),
  koa: () => served(koa()),
  fastify: () => served(fastify({})),
  'fastify-lenient': () =>
    served(
      fastify({
        caseSensitive: false,
        ignoreDuplicateSlashes: true,
        ignoreTrailingSlash: true,
        useSemicolonDelimiter: true,
      }),
    ),
  node: () => served((request, response) => response.end(handlerOf(new URL(request.url ?? '/', 'http://x').pathname))),
  tomcat,
  apache,
} satisfies Readonly<Record<string, () => Promise<Backend>>>;

async function served(listener: RequestListener | Promise<RequestListener>): Promise<Backend> {
  const server = createServer(await listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** What a program that takes paths apart by hand makes of one. */
function handlerOf(path: string): string {
  const [, name = 'root'] = /^\/(internal\/public|internal|metrics|health)(?:\/|$)/.exec(path) ?? [];
  return `handler:${name.replace(/.*\//, '')}`;
}

async function tomcat(): Promise<Backend> {
  const jars = await tomcatJars();
  const [port = 0] = await freePorts(1);
  const source = fileURLToPath(new URL('Tomcat.java', import.meta.url));
  return program((folder) => [parts.java, '-cp', jars.join(':'), source, String(port), folder], port);
}

async function apache(): Promise<Backend> {
  const { program: path, modules } = await apacheProgram();
  const [port = 0] = await freePorts(1);
  return program((folder) => {
    const file = (name: string, text: string) => {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    };
    for (const [name, handler] of Object.entries({
      'index.html': 'root',
      'internal/index.html': 'internal',
      'internal/stats': 'internal',
      'internal/stats.json': 'internal',
      'internal.json': 'internal',
      'internal/public/index.html': 'public',
      'internal/public/stats': 'public',
      'metrics.html': 'metrics',
      'health/index.html': 'health',
    }))
      file(`www/${name}`, `handler:${handler}`);
    const load = ['mpm_event', 'authz_core', 'mime', 'dir', 'negotiation', 'speling']
      .map((name) => `LoadModule ${name}_module "${modules}/mod_${name}.so"\n`)
      .join('');
    file(
      'apache.conf',
      `${load}ServerRoot "${folder}"
ServerName x
Listen 127.0.0.1:${port}
PidFile httpd.pid
ErrorLog error.log
Mutex posixsem
TypesConfig /dev/null
AddType text/html .html
AddType application/json .json
DocumentRoot "${folder}/www"
AllowEncodedSlashes NoDecode
AcceptPathInfo On
CheckSpelling On
CheckCaseOnly On
<Directory "${folder}/www">
  Options MultiViews FollowSymLinks
  Require all granted
  FallbackResource /index.html
</Directory>
<Directory "${folder}/www/internal/public">
  FallbackResource /internal/public/index.html
</Directory>
<Directory "${folder}/www/health">
  FallbackResource /health/index.html
</Directory>
`,
    );
    return [path, '-X', '-f', join(folder, 'apache.conf')];
  }, port);
}

/** A program in a folder of its own that ends with the test. */
async function program(command: (folder: string) => string[], port: number): Promise<Backend> {
  const folder = throwawayFolder();
  const [file = '', ...rest] = command(folder.path);
  const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
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
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) break;
    if (await accepts(port)) return { port, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`${file} did not start: ${said}`);
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
