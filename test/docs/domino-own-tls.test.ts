/** The ways of the guide without nginx, command by command on a machine of its own. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { snapshot } from '../domino/data-folder.ts';
import { follow, removeServers } from './domino-server.ts';
import { ways } from './ways.ts';

const timeout = 300_000;
afterEach(removeServers);

const served = (issuer: unknown) => ({ issuer, names: 'DNS:domino.example.com', body: 'from the API' });
const pebble = expect.stringContaining('Pebble');
const overlay = (data: string) => JSON.parse(readFileSync(join(data, 'keepconfig.d/keepgate-tls.json'), 'utf8'));
const ini = (data: string) => readFileSync(join(data, 'notes.ini'), 'latin1');
const withUrl =
  '[Notes]\r\nServerName=Domino/Example\r\nKitType=2\r\nKeepManagementURL=https://domino.example.com:8889\r\n';
const modeOf = (data: string, name: string) => statSync(join(data, name)).mode & 0o777;
/** The settings alone: a key store that was made stays where it is. */
const settings = (data: string) => Object.entries(snapshot(data)).filter(([name]) => /json$|ini$/.test(name));
const openPorts = [8889, 8890, 8886].map((port) => expect.stringContaining(String(port)));

it(
  "PFX from Let's Encrypt: renewed, the API reads it by itself, and back",
  async () => {
    const { ended, said, looks, data, stdout } = await follow(ways.pfx);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served(pebble), served(pebble), served(pebble)]);
    expect(looks[1]?.fingerprint256).toBe(looks[0]?.fingerprint256);
    expect(looks[2]?.fingerprint256).not.toBe(looks[0]?.fingerprint256);
    const file = '/local/notesdata/domino.pfx';
    expect(overlay(data('done'))).toEqual({ TLSType: 'pfx', TLSFile: file, TLSPassword: '' });
    expect(ini(data('done'))).toBe(withUrl);
    expect(modeOf(data('done'), 'domino.pfx')).toBe(0o600);
    // as the guide says, without a firewall
    expect(stdout.split('\n').filter((line) => line.includes('domino-port-open'))).toEqual(openPorts);
    expect(said).toContain('warning timer-lacks-folder: the timer that renews may not write to /local/notesdata');
    expect(readFileSync(data('systemctl'), 'utf8')).toContain('enable --now keepgate-renew.timer');
    expect(readFileSync(data('unit'), 'utf8')).toMatch(/^ReadWritePaths=.* -\/local\/notesdata( |$)/m);
    expect(settings(data('end'))).toEqual(settings(data('plain')));
  },
  timeout,
);

it(
  'PEM from a request to the IT department, and the next answer is read by itself',
  async () => {
    const { ended, said, looks, data } = await follow(ways.pem);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([1, 2, 3].map(() => served('IT department')));
    expect(looks[2]?.fingerprint256).not.toBe(looks[1]?.fingerprint256);
    const [TLSFile, PEMCert] = ['/local/notesdata/domino.key', '/local/notesdata/domino.crt'];
    expect(overlay(data('done'))).toEqual({ TLSType: 'pem', TLSFile, PEMCert, TLSPassword: '' });
    expect(ini(data('done'))).toBe(withUrl);
    expect(modeOf(data('done'), 'domino.key')).toBe(0o600);
    expect(settings(data('end'))).toEqual(settings(data('plain')));
  },
  timeout,
);

it(
  'JKS from a PFX of the IT department, and back',
  async () => {
    const { ended, said, looks, data } = await follow(ways.jks);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served('IT department'), served('IT department')]);
    const TLSPassword = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(overlay(data('done'))).toEqual({ TLSType: 'jks', TLSFile: '/local/notesdata/domino.jks', TLSPassword });
    expect(modeOf(data('done'), 'keepconfig.d/keepgate-tls.json') & 0o077).toBe(0);
    expect(settings(data('end'))).toEqual(settings(data('plain')));
  },
  timeout,
);

it(
  'the Certificate Manager, and back',
  async () => {
    const { ended, said, looks, data } = await follow(ways.manager);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served('test intermediate')]);
    expect(overlay(data('done'))).toEqual({ TLSCertStore: true });
    expect(ini(data('done'))).toBe(withUrl);
    expect(snapshot(data('end'))).toEqual(snapshot(data('plain')));
  },
  timeout,
);

it(
  'prepared for Windows',
  async () => {
    const { ended, said, looks, data } = await follow(ways.windows);
    expect(ended, said).toBe(true);
    expect(looks).toMatchObject([served('IT department')]);
    const TLSFile = 'C:/Domino/Data/domino.pfx';
    expect(overlay(data('prepared'))).toEqual({ TLSType: 'pfx', TLSFile, TLSPassword: '' });
    expect(ini(data('prepared'))).toBe(withUrl);
    const proxy = readFileSync(join(data('prepared-for-proxy'), 'keepconfig.d/keepgate-proxy.json'), 'utf8');
    expect(proxy).toContain('https://domino');
    expect(proxy).not.toContain('HOST');
  },
  timeout,
);
