// @ts-check
// npm run demo: the main job on real input. Renders and checks an example, starts the real nginx with it on loopback ports,
// with a stub of the REST API behind it, and shows in words what comes back. Leaves nothing running and nothing behind.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { styleText } from 'node:util';
import { inspectNginx, loadSpec, startGate } from '../dist/index.js';
import { ensureParts } from './parts.mjs';

process.chdir(join(import.meta.dirname, '..'));
const example = 'examples/domino-single-domain.yaml';
const host = 'domino.example.com';

const bold = (/** @type {string} */ text) => (process.stdout.isTTY ? styleText('bold', text) : text);
const say = (/** @type {string} */ text = '') => console.log(text);

/** @param {string} what @param {string} came */
const line = (what, came) => say(`   ${what.padEnd(58)} ${came}`);

let failures = 0;
/** @param {string} what @param {string} came @param {boolean} asPromised */
const expect = (what, came, asPromised) => {
  if (!asPromised) failures += 1;
  line(what, asPromised ? came : `${came}   <- not what keepgate promises`);
};

const parts = await ensureParts(['nginx', 'bwrap']);
const environment = {
  ...process.env,
  KEEPGATE_BWRAP: parts.bwrap,
  PATH: `${dirname(parts.nginx)}:${process.env.PATH ?? ''}`,
};

/**
 * @param {string[]} words
 * @param {string} [input]
 */
const keepgate = (words, input) => {
  const options = { env: environment, encoding: /** @type {const} */ ('utf8'), ...(input !== undefined && { input }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/bin.js', ...words], options);
  return { status, stdout, stderr };
};

/**
 * One request over HTTPS, verified against the site's own certificate.
 *
 * @param {number} port
 * @param {string} ca
 * @param {{ path?: string, host?: string, servername?: string, headers?: Record<string, string> }} options
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
const get = (port, ca, { path = '/', host: name = host, servername = name, headers = {} }) =>
  new Promise((resolve, reject) => {
    httpsRequest({ host: '127.0.0.1', port, ca, servername, path, headers: { host: name, ...headers } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });

/**
 * @param {number} port
 * @returns {Promise<{ status: number, location: string }>}
 */
const getInClear = (port, path = '/') =>
  new Promise((resolve, reject) => {
    httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '' });
    })
      .on('error', reject)
      .end();
  });

/**
 * Says one thing to a WebSocket and resolves to what it says back (RFC 6455, a short text frame).
 *
 * @param {number} port
 * @param {string} ca
 * @param {string} text
 * @returns {Promise<string>}
 */
const webSocket = (port, ca, text) =>
  new Promise((resolve, reject) => {
    const key = randomBytes(16).toString('base64');
    const headers = {
      host,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
    };
    httpsRequest({ host: '127.0.0.1', port, ca, servername: host, path: '/api/events', headers })
      .on('upgrade', (_response, socket, head) => {
        const mask = randomBytes(4);
        const payload = Buffer.from(text).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
        socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]));
        let received = head;
        socket.on('data', (/** @type {Buffer} */ bytes) => {
          received = Buffer.concat([received, bytes]);
          const length = (received[1] ?? 0) & 0x7f;
          if (received.length < 2 + length) return;
          socket.destroy();
          resolve(received.subarray(2, 2 + length).toString());
        });
      })
      .on('response', (response) => reject(new Error(`the WebSocket was answered with ${response.statusCode}`)))
      .on('error', reject)
      .end();
  });

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
const listens = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .on('error', () => resolve(false));
  });

const folder = mkdtempSync(join(tmpdir(), 'keepgate-demo-'));
try {
  say(bold(`1. One short file in: ${example}`));
  const spec = readFileSync(example, 'utf8');
  say(spec.replace(/^/gm, '   ').trimEnd());

  say(bold('\n2. nginx site files out: keepgate render --out site'));
  const rendered = keepgate(['render', example, '--out', join(folder, 'site')]);
  say(
    (rendered.stderr + rendered.stdout)
      .replaceAll(folder, '.')
      .replace(/^(?=.)/gm, '   ')
      .trimEnd(),
  );
  if (rendered.status !== 0) throw new Error(`keepgate render ended with ${rendered.status}`);

  say(bold('\n3. Proven before it is installed: keepgate check'));
  const checked = keepgate(['check', example]);
  say(checked.stdout.replace(/^(?=.)/gm, '   ').trimEnd());
  if (checked.status !== 0) throw new Error(`keepgate check ended with ${checked.status}: ${checked.stderr}`);

  const nginx = await inspectNginx(parts.nginx);
  const loaded = loadSpec([{ file: example, bytes: readFileSync(example) }]);
  if (!loaded.spec) throw new Error(`${example} can't be loaded`);
  const gate = await startGate({ nginx, spec: loaded.spec, places: loaded.places });
  const [http, https] = [gate.port(80), gate.port(443)];
  say(
    bold(
      `\n4. The real nginx ${nginx.target.version} on 127.0.0.1:${http} and :${https}, a stub of the REST API behind it`,
    ),
  );
  try {
    const ca = gate.certificates.get('domino')?.certificate ?? '';
    const api = gate.backend('127.0.0.1:8880');

    const data = await get(https, ca, { path: '/api/v1/doc%2F1', headers: { 'x-forwarded-for': '6.6.6.6' } });
    const seen = api.requests.at(-1);
    const header = (/** @type {string} */ name) =>
      seen?.headers.find((/** @type {readonly string[]} */ [other = '']) => other.toLowerCase() === name)?.[1] ??
      'nothing';
    expect(
      'GET /api/v1/doc%2F1',
      `${data.status}, answered by the API (8880)`,
      data.status === 200 && seen !== undefined,
    );
    expect('  the path that the API saw', seen?.url ?? 'none', seen?.url === '/api/v1/doc%2F1');
    expect('  the Host that the API saw', header('host'), header('host') === host);
    expect(
      '  a forged X-Forwarded-For: 6.6.6.6 became',
      header('x-forwarded-for'),
      header('x-forwarded-for') === '127.0.0.1',
    );

    const clear = await getInClear(http, '/api/v1/docs?key=1');
    const target = `https://${host}:${https}/api/v1/docs?key=1`;
    expect(
      'GET http://…/api/v1/docs?key=1',
      `${clear.status} to ${clear.location}`,
      clear.status === 308 && clear.location === target,
    );

    const echoed = await webSocket(https, ca, 'hello');
    expect('a WebSocket to /api/events says "hello"', `and hears "${echoed}"`, echoed === 'hello');

    const stranger = await get(https, ca, { host: 'stranger.example.com' }).then(
      ({ status }) => `${status}`,
      (error) => `refused in the TLS handshake (${/** @type {NodeJS.ErrnoException} */ (error).code})`,
    );
    expect('GET https://stranger.example.com/', stranger, stranger.startsWith('refused'));
    const mixed = await get(https, ca, { servername: host, host: 'stranger.example.com' });
    expect(
      `  with this site's name in TLS and the stranger's in Host`,
      `${mixed.status} Misdirected Request`,
      mixed.status === 421,
    );

    const metrics = await get(https, ca, { path: '/metrics' });
    expect('GET /metrics from an address that is not allowed', `${metrics.status} Forbidden`, metrics.status === 403);

    const reachable = [...gate.backends.keys()].some((address) => address.endsWith(':8889'));
    expect(
      'a backend on the management port (8889)',
      reachable ? 'exists' : 'does not exist in what was rendered',
      !reachable,
    );
    const published = keepgate(
      ['check', '-'],
      spec.replace('    routes:', '    routes:\n      /manage: http://127.0.0.1:8889'),
    );
    const refusal =
      published.stdout.split('\n').find((text) => text.includes('management-published')) ?? published.stdout;
    expect(
      'a spec with a route to it is refused:',
      '',
      published.status === 1 && refusal.includes('management-published'),
    );
    say(`     ${refusal}`);

    await api.close();
    const dead = await get(https, ca, { path: '/api/v1/docs' });
    expect(
      'GET /api/v1/docs when the API is down',
      `${dead.status} ${dead.headers['content-type']}`,
      dead.status === 502,
    );
    say(`     ${dead.body.trim()}`);
  } finally {
    await gate.stop();
  }
  const left = (await Promise.all([http, https].map(listens))).some(Boolean);
  expect('nginx and the stubs are ended; still listening:', left ? 'yes' : 'nothing', !left);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failures > 0) {
  say(`\n${failures} of these are not what keepgate promises.`);
  process.exitCode = 1;
} else say(bold('\nAll as promised. Your own: node dist/bin.js init, then node dist/bin.js check.'));
