// Stands for the REST API: reads keepconfig.d and notes.ini as it does, listens on the four ports, and does not start with what
// the real one would not start with. argv: the data folder, and PEM files of Domino's Certificate Manager.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [data, managerCertificate, managerKey, keytool] = process.argv.slice(2);
const merged = (below, above) => {
  const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(below) || !isObject(above)) return above;
  const all = { ...below };
  for (const [key, value] of Object.entries(above)) all[key] = key in below ? merged(below[key], value) : value;
  return all;
};
const overlays = readdirSync(join(data, 'keepconfig.d')).filter((name) => name.endsWith('.json'));
const settings = overlays
  .sort()
  .map((name) => JSON.parse(readFileSync(join(data, 'keepconfig.d', name), 'utf8')))
  .reduce(merged, { PORT: 8880, HEALTHCHECKPORT: 8886, MANAGMENTPORT: 8889, METRICSPORT: 8890 });

// A Windows server's folder is this one here.
const file = (path) => readFileSync(path.replace(/^C:\/Domino\/Data/, data));

function pair() {
  const { TLSType, TLSFile, TLSPassword, PEMCert, TLSCertStore } = settings;
  if (TLSCertStore === true) return { cert: readFileSync(managerCertificate), key: readFileSync(managerKey) };
  if (TLSType === undefined) return undefined;
  if (TLSPassword === undefined) throw new Error('TLSPassword is missing');
  if (TLSType === 'pem') return { cert: file(PEMCert), key: file(TLSFile) };
  if (TLSType === 'pfx') return { pfx: file(TLSFile), passphrase: TLSPassword };
  const opened = join(mkdtempSync(join(tmpdir(), 'jks-')), 'opened.p12');
  const stores = ['-srckeystore', TLSFile, '-destkeystore', opened, '-deststoretype', 'pkcs12'];
  const passwords = ['-srcstorepass:env', 'PASS', '-deststorepass:env', 'PASS'];
  const args = ['-J-XX:-UsePerfData', '-J-XX:TieredStopAtLevel=1', '-importkeystore', ...stores, ...passwords];
  execFileSync(keytool, args, { env: { ...process.env, PASS: TLSPassword }, stdio: 'pipe' });
  return { pfx: readFileSync(opened), passphrase: TLSPassword };
}

const tls = pair();
const [, url] = /^KeepManagementURL=(.*?)\r?$/m.exec(readFileSync(join(data, 'notes.ini'), 'latin1')) ?? [];
if (tls && url !== `https://domino.example.com:${settings.MANAGMENTPORT}`)
  throw new Error(`KeepManagementURL is ${url}`);

// Behind a proxy, the public name is another origin than what the API knows of itself.
const allowed = ({ headers: { origin, host } }) =>
  origin === undefined ||
  origin === `${tls ? 'https' : 'http'}://${host}` ||
  Object.entries(settings.CORS ?? {}).some(([key, yes]) => yes === true && new RegExp(`^(?:${key})$`).test(origin));
const answer = (request, response) => {
  response.statusCode = allowed(request) ? 200 : 403;
  response.end('from the API');
};
for (const port of ['PORT', 'HEALTHCHECKPORT', 'METRICSPORT', 'MANAGMENTPORT'])
  (tls ? createHttps(tls, answer) : createHttp(answer)).listen(settings[port], settings.HOST ?? '0.0.0.0');
