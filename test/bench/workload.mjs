// @ts-check
// What the benchmarks work on: specs of many plain sites, and what is rendered from one, laid out for a bare nginx.
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { loadSpec, render, resolve } from '../../dist/index.js';
import { loadSource } from './load-source.mjs';
import { target } from './target.mjs';

/**
 * @param {number} sites
 * @param {{ http: number, https: number }} ports where nginx may listen
 * @returns {string} YAML
 */
export const specText = (sites, { http, https }) =>
  [
    `version: 1`,
    `nginx: {target: ${target.version}, layout: debian}`,
    `defaults: {listen: {addresses: [127.0.0.1], http: ${http}, https: ${https}}}`,
    `sites:`,
    ...Array.from({ length: sites }, (_, index) => {
      const name = `s${String(index).padStart(5, '0')}`;
      return `  ${name}:\n    hosts: [${name}.example.com]\n    upstream: http://127.0.0.1:8080`;
    }),
    '',
  ].join('\n');

/** @returns {Promise<{ http: number, https: number }>} two ports that nobody listens on */
export const freePorts = async () => {
  const servers = [createServer(), createServer()];
  const [http = 0, https = 0] = await Promise.all(
    servers.map(
      (server) =>
        new Promise((done) => {
          server.listen(0, '127.0.0.1', () => done(Object(server.address()).port));
        }),
    ),
  );
  for (const server of servers) server.close();
  return { http, https };
};

/**
 * Writes what keepgate renders from a spec below a folder, with paths to match, an nginx.conf that includes it, and a
 * certificate wherever one is asked for.
 *
 * @param {string} specFile
 * @param {string} folder
 */
export const layOut = async (specFile, folder) => {
  const { spec, places } = loadSpec([{ file: specFile, bytes: readFileSync(specFile) }]);
  if (!spec) throw new Error(`${specFile} is not a spec`);
  const { model } = resolve(spec, places, { target, layout: 'debian', allowRaw: false });
  const { files, links } = render(model, target);
  const put = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  mkdirSync(join(folder, 'logs'));
  put('nginx.conf', nginxConf);
  for (const { path, text } of files)
    put(path, text.replaceAll('/var/lib/keepgate/', `${folder}/`).replaceAll('/var/log/nginx/', `${folder}/logs/`));
  mkdirSync(join(folder, 'sites-enabled'), { recursive: true });
  for (const { path, to } of links) symlinkSync(to, join(folder, path));
  const { certificate, key } = await standIn();
  put('certificate.pem', certificate);
  put('key.pem', key);
  for (const { tls } of model.sites) {
    const [own, ownKey] = [tls.certificate, tls.key].map((path) =>
      join(folder, path.replace('/var/lib/keepgate/', '')),
    );
    if (own === undefined || ownKey === undefined) continue;
    mkdirSync(dirname(own), { recursive: true });
    linkSync(join(folder, 'certificate.pem'), own);
    linkSync(join(folder, 'key.pem'), ownKey);
  }
};

const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
const nginxConf = `pid nginx.pid;
events {}
http { access_log logs/access.log; ${temporary.join(' ')} include conf.d/*.conf; include sites-enabled/*; }
`;

/** @returns {Promise<{ certificate: string, key: string }>} the product's own stand-in, as `check` uses it */
const standIn = async () => (await loadSource('src/certs/self-signed.ts')).selfSigned([]);
