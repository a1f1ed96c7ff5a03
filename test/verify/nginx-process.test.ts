import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { httpConfiguration } from '../../src/verify/nginx-configuration.ts';
import { type NginxOptions, type RunningNginx, startNginx } from '../../src/verify/nginx-process.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { type ThrowawayFolder, throwawayFolder } from '../../src/verify/throwaway.ts';
import { nginxOf, parts, suites } from '../parts.ts';
import { httpRequest } from '../wire/http1.ts';
import { answered } from '../wire/message.ts';

let folder: ThrowawayFolder;
let port = 0;
let running: RunningNginx | undefined;

beforeEach(async () => {
  folder = throwawayFolder();
  [port = 0] = await freePorts(1);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  folder.remove();
});

const site = (body: string) => writeFileSync(join(folder.path, 'site.conf'), body);
const answering = (text: string) => `server { listen 127.0.0.1:${port}; return 200 ${text}; }\n`;
const get = async (path = '/') => answered(await httpRequest({ port, path })).body.toString();

function options(more: Partial<NginxOptions> = {}): NginxOptions {
  const configuration = httpConfiguration({ includes: ['site.conf'] });
  return { nginx: parts.nginx.bookworm, prefix: folder.path, configuration, readyPorts: [port], ...more };
}

/** Whether a process of the group runs: what the system has not cleared away yet (zombies) does not count. */
function isAlive(group: number): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const [, state, , pgrp] = /.*\) (\S) (\d+) (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      return state !== 'Z' && Number(pgrp) === group;
    } catch {
      return false;
    }
  });
}

/** A moment after `stop`; 3 s after the death of a parent whose own heir is slow to clear nginx away. */
const gone = (group: number) => expect.poll(() => isAlive(group), { timeout: 10_000, interval: 10 }).toBe(false);

describe.each(suites)('nginx of %s', (suite) => {
  it('starts, reloads and stops', async () => {
    site(answering('one'));
    running = await startNginx(options({ nginx: nginxOf(suite) }));
    expect(await get()).toBe('one');
    site(answering('two'));
    await running.reload();
    expect(await Promise.all(Array.from({ length: 20 }, () => get()))).toEqual(Array(20).fill('two'));
    site('server {');
    await expect(running.reload()).rejects.toMatchObject({
      message: expect.stringMatching(/^nginx did not reload: unexpected end of file.* \(.*site\.conf:1\)$/),
      diagnostic: { code: 'nginx-did-not-reload' },
    });
    expect(await get()).toBe('two');
    site(answering('three'));
    await running.reload();
    expect(await get()).toBe('three');
    expect(await running.errorLog()).toContain('start worker process');
    await running.stop();
    await running.stop();
    // By itself: it was not ended.
    expect(await running.errorLog()).toMatch(/: exit\n$/);
    await gone(running.pid);
    await expect(get()).rejects.toThrow('ECONNREFUSED');
  });

  it('says why it does not start', async () => {
    site('server { listen 80\u001b; }');
    await expect(startNginx(options({ nginx: nginxOf(suite) }))).rejects.toMatchObject({
      message: expect.stringMatching(/did not start: [^\p{Cc}]*\(.*site\.conf:1\)$/u),
      exitCode: 4,
      diagnostic: { code: 'nginx-did-not-start' },
    });
    // 1.18 has no -e: it says it on standard error alone.
    if (suite !== 'bullseye') expect(readFileSync(join(folder.path, 'error.log'), 'utf8')).toContain('[emerg]');
    site(answering('again'));
    running = await startNginx(options({ nginx: nginxOf(suite) }));
    expect(await get()).toBe('again');
  });
});

it('is not taken in by another program on its port', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  site(answering('one'));
  await expect(startNginx(options())).rejects.toThrow(/did not start: .*bind\(\)/);
  other.close();
});

it('gives up on a port that the configuration does not have', async () => {
  const [unused = 0] = await freePorts(1);
  site(answering('one'));
  await expect(startNginx(options({ readyPorts: [port, unused] }))).rejects.toThrow(
    `not all of these ports accepted within 20 s: ${port}, ${unused}`,
  );
  await expect(get()).rejects.toThrow('ECONNREFUSED');
});

it('says that a program is missing', async () => {
  site(answering('one'));
  await expect(startNginx(options({ nginx: '/no/such/nginx' }))).rejects.toThrow(
    /\/no\/such\/nginx did not start: .*not found/,
  );
});

it('ends a request that goes on for more than 3 s', async () => {
  site(`server {
    listen 127.0.0.1:${port};
    location / { limit_rate 1; return 200 "${'x'.repeat(1000)}"; }
  }`);
  running = await startNginx(options());
  const broken = httpRequest({ port }).catch((error: unknown) => error);
  await delay(1500);
  const started = performance.now();
  await running.stop();
  expect(performance.now() - started).toBeGreaterThan(2500);
  expect(performance.now() - started).toBeLessThan(60_000);
  await gone(running.pid);
  expect(await broken).toEqual({ refused: expect.stringMatching(/closed|reset/) });
});

describe('a signal', () => {
  it('stops it', async () => {
    const controller = new AbortController();
    site(answering('one'));
    running = await startNginx(options({ signal: controller.signal }));
    controller.abort();
    await running.stop();
    await expect(get()).rejects.toThrow('ECONNREFUSED');
  });

  it('ends the start', async () => {
    const controller = new AbortController();
    const [unused = 0] = await freePorts(1);
    site(answering('one'));
    const starting = startNginx(options({ signal: controller.signal, readyPorts: [unused] }));
    setTimeout(() => controller.abort(), 300);
    await expect(starting).rejects.toThrow('aborted');
    await expect(startNginx(options({ signal: controller.signal }))).rejects.toThrow('aborted');
    await expect(get()).rejects.toThrow('ECONNREFUSED');
  });
});

it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('ends with its parent when that dies of %s', async (signal) => {
  site(answering('one'));
  const program = join(folder.path, 'parent.mjs');
  const require = `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);`;
  await build({
    stdin: {
      contents: `import { startNginx } from './src/verify/nginx-process.ts';
        const { pid } = await startNginx(${JSON.stringify(options())});
        console.log(pid);
        setInterval(() => undefined, 1000);`,
      resolveDir: process.cwd(),
    },
    ...{ bundle: true, platform: 'node', format: 'esm', outfile: program, banner: { js: require }, logLevel: 'error' },
  });
  const parent = execa(process.execPath, [program], { reject: false });
  let pid = 0;
  for await (const line of parent) {
    pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    expect(await get()).toBe('one');
    parent.kill(signal);
  }
  await gone(pid);
});

describe('the configuration', () => {
  it.each(['a"b', 'a*b', 'a\nb', 'a\\b', 'a[b]'])('refuses to include %j', (path) => {
    expect(() => httpConfiguration({ includes: [path] })).toThrow('include');
  });

  it('keeps all files of nginx in the prefix, and has as many workers as it is told', async () => {
    site(answering('one'));
    const configuration = httpConfiguration({ includes: [join(folder.path, 'site.conf')], workers: 1 });
    running = await startNginx(options({ configuration }));
    // The socket is open before the first worker is.
    await vi.waitFor(async () => expect(await running?.errorLog()).toMatch(/start worker process \d+/), 10_000);
    expect((await running.errorLog()).match(/start worker process \d+/g)).toHaveLength(1);
  });
});
