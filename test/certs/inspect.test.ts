import { createPrivateKey } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Inspection, inspectCaFile, inspectCertificate, inspectPasswordFile } from '../../src/certs/inspect.ts';
import { selfSigned } from '../../src/certs/self-signed.ts';
import { chain, type IssueOptions, issue } from '../ca.ts';

const host = 'keep.example.com';
const now = new Date('2026-11-24T12:00:00Z');
const days = (count: number): Date => new Date(now.getTime() + count * 86_400_000);
const valid = { notBefore: days(-10), notAfter: days(80) };

const folder = mkdtempSync(join(tmpdir(), 'keepgate-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(contents: string | Buffer, mode = 0o600): string {
  count += 1;
  const path = join(folder, `${count}.pem`);
  writeFileSync(path, contents);
  chmodSync(path, mode);
  return path;
}

/** `severity code` of each finding. */
const codes = ({ diagnostics }: Inspection): string[] => diagnostics.map(({ severity, code }) => `${severity} ${code}`);

function inspect(certificate: string, key: string, names: readonly string[] = [host], at = now): Inspection {
  return inspectCertificate({ certificate: file(certificate, 0o644), key: file(key), names }, at);
}

const good = chain([host], valid);
const leafWith = (options: Partial<IssueOptions>): Inspection => {
  const leaf = issue({ commonName: host, names: [host], issuer: good.intermediate, ...valid, ...options });
  return inspect(leaf.certificate + good.intermediate.certificate, leaf.key);
};

describe('inspectCertificate', () => {
  it('has nothing to say about a good pair', () => {
    expect(inspect(good.fullchain, good.leaf.key)).toEqual({ present: true, diagnostics: [] });
  });

  it('has nothing to say about our own stand-in, or about a key in the certificate file', () => {
    const { certificate, key } = selfSigned([host], { now });
    expect(inspect(certificate, key).diagnostics).toEqual([]);
    const both = file(certificate + key);
    expect(inspectCertificate({ certificate: both, key: both, names: [host] }, now).diagnostics).toEqual([]);
  });

  it('certificate-missing: both, one, a dangling link', () => {
    const none = join(folder, 'none.pem');
    const both = inspectCertificate({ certificate: none, key: `${none}.key`, names: [host] }, now);
    expect(both.present).toBe(false);
    expect(codes(both)).toEqual(['info certificate-missing']);

    const half = inspectCertificate(
      { certificate: file(good.fullchain), key: none, names: ['other.example.com'] },
      now,
    );
    expect(half.present).toBe(false);
    expect(codes(half)).toEqual(['warning certificate-missing', 'error certificate-name-mismatch']);

    const link = join(folder, 'dangling.pem');
    symlinkSync(none, link);
    expect(codes(inspectCertificate({ certificate: link, key: link, names: [host] }, now))).toEqual([
      'info certificate-missing',
    ]);
  });

  it('certificate-not-a-file: FIFO, folder, device, socket, a link in a circle; none is opened', async () => {
    const fifo = join(folder, 'fifo');
    await execa('mkfifo', [fifo]);
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    const circle = join(folder, 'circle');
    symlinkSync(circle, circle);
    mkdirSync(join(folder, 'folder'));
    const kinds = {
      [fifo]: 'a FIFO',
      [join(folder, 'folder')]: 'a folder',
      '/dev/zero': 'a device',
      [socket]: 'a socket',
      [circle]: 'a symbolic link that leads back to itself',
    };
    for (const [path, kind] of Object.entries(kinds)) {
      const inspection = inspectCertificate({ certificate: path, key: file(good.leaf.key), names: [host] }, now);
      expect(codes(inspection)).toEqual(['error certificate-not-a-file']);
      expect(inspection.diagnostics[0]?.message).toContain(kind);
      expect(codes(inspectCertificate({ certificate: file(good.fullchain), key: path, names: [host] }, now))).toEqual([
        'error certificate-not-a-file',
      ]);
    }
    server.close();
  });

  it('certificate-unreadable: a warning, and the rest is still looked at', async () => {
    const certificate = file(good.fullchain, 0o644);
    const key = file(good.leaf.key, 0o000);
    const inspection = await asOrdinaryUser(() => inspectCertificate({ certificate, key, names: ['a.b'] }, now));
    expect(inspection.present).toBe(true);
    expect(codes(inspection)).toEqual(['warning certificate-unreadable', 'error certificate-name-mismatch']);
  });

  it('certificate-unreadable: a name that no file system takes', () => {
    const certificate = join(folder, 'n'.repeat(300));
    const inspection = inspectCertificate({ certificate, key: file(good.leaf.key), names: [host] }, now);
    expect(codes(inspection)).toEqual(['warning certificate-unreadable']);
    expect(inspection.diagnostics[0]?.message).toContain('ENAMETOOLONG');
  });

  it('certificate-too-large: over 1 MB', () => {
    const padding = (size: number): string => '#'.repeat(size - good.fullchain.length - 1);
    expect(codes(inspect(`${padding(1_000_000)}\n${good.fullchain}`, good.leaf.key))).toEqual([]);
    expect(codes(inspect(`${padding(1_000_001)}\n${good.fullchain}`, good.leaf.key))).toEqual([
      'error certificate-too-large',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello\n'],
    ['a DER file', Buffer.from(good.leaf.certificate.replace(/---.*---|\n/g, ''), 'base64').toString('latin1')],
    ['a key', good.leaf.key],
    ['a byte order mark', `\u{feff}${good.leaf.certificate}`],
  ])('certificate-malformed: no certificate but %s', (_, contents) => {
    const inspection = inspect(contents, good.leaf.key);
    expect(codes(inspection).filter((code) => !code.includes('key-mode'))).toEqual(['error certificate-malformed']);
    expect(inspection.diagnostics.at(-1)?.message).toContain('has no PEM certificate in it');
  });

  it.each([
    ['a missing END', (pem: string) => pem.replace(/-----END.*/, '')],
    ['a broken character', (pem: string) => pem.replace(/\n(.)/, '\n!')],
    ['a lost line', (pem: string) => pem.replace(/\n.{64}\n/, '\n')],
  ])('certificate-malformed: says which block has %s', (_, damage) => {
    const inspection = inspect(`${good.leaf.certificate}${damage(good.intermediate.certificate)}`, good.leaf.key);
    expect(codes(inspection)).toEqual(['error certificate-malformed']);
    const line = good.leaf.certificate.split('\n').length;
    expect(inspection.diagnostics[0]?.message).toContain(`certificate 2, in line ${line}, is damaged`);
  });

  it('takes text around the blocks and line ends of Windows', () => {
    const windows = `Subject: x\n${good.leaf.certificate}\n# the intermediate\n${good.intermediate.certificate}`;
    expect(codes(inspect(windows.replaceAll('\n', '\r\n'), good.leaf.key.replaceAll('\n', '\r\n')))).toEqual([]);
  });

  it('certificate-chain-order: reversed, with the rest read from the right end', () => {
    const { root, intermediate, leaf } = good;
    const inspection = inspect(intermediate.certificate + leaf.certificate, leaf.key);
    expect(codes(inspection)).toEqual(['error certificate-chain-order']);
    expect(inspection.diagnostics[0]?.message).toMatch(/reverse order.*"keep\.example\.com", stands last/);
    expect(codes(inspect(root.certificate + intermediate.certificate + leaf.certificate, leaf.key))).toEqual([
      'error certificate-chain-order',
    ]);
  });

  it('certificate-chain-order: a link that is none, and the same name with another key', () => {
    const inspection = inspect(good.fullchain + good.leaf.certificate, good.leaf.key);
    expect(codes(inspection)).toEqual(['error certificate-chain-order']);
    expect(inspection.diagnostics[0]?.message).toContain(
      'certificate 2 ("test intermediate") is not signed by 3 ("keep.example.com")',
    );
    const impostor = chain([host]).intermediate;
    expect(codes(inspect(good.leaf.certificate + impostor.certificate, good.leaf.key))).toEqual([
      'error certificate-chain-order',
    ]);
  });

  it('certificate-chain-order: the right key under another name, or without the right to sign', () => {
    const { intermediate, leaf, root } = good;
    const same = { issuer: root, key: { pem: intermediate.key } };
    const renamed = issue({ commonName: 'another intermediate', kind: 'authority', ...same, ...valid });
    const powerless = issue({ commonName: 'test intermediate', kind: 'server', ...same, ...valid });
    for (const { certificate } of [renamed, powerless]) {
      expect(codes(inspect(leaf.certificate + certificate, leaf.key))).toEqual(['error certificate-chain-order']);
    }
  });

  it('certificate-root-in-chain', () => {
    expect(codes(inspect(good.fullchain + good.root.certificate, good.leaf.key))).toEqual([
      'info certificate-root-in-chain',
    ]);
  });

  it('certificate-no-chain', () => {
    expect(codes(inspect(good.leaf.certificate, good.leaf.key))).toEqual(['warning certificate-no-chain']);
  });

  it('certificate-key-mismatch: another key, and an RSA key for an EC certificate', () => {
    const same = inspect(good.fullchain, good.intermediate.key);
    expect(codes(same)).toEqual(['error certificate-key-mismatch']);
    expect(same.diagnostics[0]?.message).toContain('another key of the same type');
    const rsa = inspect(good.fullchain, issue({ commonName: 'rsa', key: 'rsa-2048' }).key);
    expect(codes(rsa)).toEqual(['error certificate-key-mismatch']);
    expect(rsa.diagnostics[0]?.message).toContain('one is for EC, the other is RSA');
  });

  it('takes the key forms that OpenSSL writes', () => {
    const sec1 = createPrivateKey(good.leaf.key).export({ type: 'sec1', format: 'pem' }).toString();
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    expect(codes(inspect(good.fullchain, parameters + sec1))).toEqual([]);
  });

  it('certificate-key-encrypted: in PKCS#8 and in the old form', () => {
    const key = createPrivateKey(good.leaf.key);
    for (const type of ['pkcs8', 'sec1'] as const) {
      const encrypted = key.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }).toString();
      expect(codes(inspect(good.fullchain, encrypted))).toEqual(['error certificate-key-encrypted']);
    }
  });

  it('certificate-key-malformed: none, or damaged', () => {
    expect(codes(inspect(good.fullchain, good.fullchain))).toEqual(['error certificate-key-malformed']);
    const damaged = inspect(good.fullchain, good.leaf.key.replace(/\n.{64}\n/, '\n'));
    expect(codes(damaged)).toEqual(['error certificate-key-malformed']);
    expect(damaged.diagnostics[0]?.message).toContain('the private key in line 1 is damaged');
  });

  it.each([
    [0o640, []],
    [0o644, ['error certificate-key-mode']],
    [0o602, ['error certificate-key-mode']],
    [0o660, ['warning certificate-key-mode']],
  ])('certificate-key-mode: %o', (mode, expected) => {
    const certificate = file(good.fullchain, 0o644);
    const inspection = inspectCertificate({ certificate, key: file(good.leaf.key, mode), names: [host] }, now);
    expect(codes(inspection)).toEqual(expected);
    const both = file(good.fullchain + good.leaf.key, mode);
    expect(codes(inspectCertificate({ certificate: both, key: both, names: [host] }, now))).toEqual(expected);
  });

  it('certificate-expired, certificate-not-yet-valid: to the second, of an intermediate too', () => {
    const { leaf, fullchain } = good;
    const at = (moment: Date) => codes(inspect(fullchain, leaf.key, [host], moment));
    const second = 1000;
    expect(at(new Date(valid.notAfter.getTime() + second))).toEqual(['error certificate-expired']);
    expect(at(valid.notAfter)).toEqual(['warning certificate-expires-soon']);
    expect(at(valid.notBefore)).toEqual([]);
    expect(at(new Date(valid.notBefore.getTime() - second))).toEqual(['error certificate-not-yet-valid']);

    const old = issue({
      commonName: 'old',
      kind: 'authority',
      issuer: good.root,
      notBefore: days(-9),
      notAfter: days(-1),
    });
    const under = issue({ commonName: host, names: [host], issuer: old, ...valid });
    const inspection = inspect(under.certificate + old.certificate, under.key);
    expect(codes(inspection)).toEqual(['error certificate-expired']);
    expect(inspection.diagnostics[0]?.message).toContain('"old" expired on 2026-11-23');
  });

  it('certificate-expires-soon: in the last tenth of the lifetime', () => {
    expect(codes(leafWith({ notBefore: days(-90), notAfter: days(11) }))).toEqual([]);
    expect(codes(leafWith({ notBefore: days(-90), notAfter: days(9) }))).toEqual(['warning certificate-expires-soon']);
  });

  describe('certificate-name-mismatch', () => {
    const leaf = issue({
      commonName: 'only-cn.example.com',
      names: ['*.example.com', 'bücher.example', '192.0.2.1', '2001:db8::1'],
      issuer: good.intermediate,
      ...valid,
    });
    const fullchain = leaf.certificate + good.intermediate.certificate;

    it.each([
      'a.example.com',
      '*.example.com',
      'A.EXAMPLE.COM',
      'xn--bcher-kva.example',
      '192.0.2.1',
      '[2001:db8:0::1]',
    ])('has %s', (name) => {
      expect(codes(inspect(fullchain, leaf.key, [name]))).toEqual([]);
    });

    it.each(['example.com', 'a.b.example.com', 'example.org', '192.0.2.2', '2001:db8::2'])('lacks %s', (name) => {
      const inspection = inspect(fullchain, leaf.key, ['a.example.com', name]);
      expect(codes(inspection)).toEqual(['error certificate-name-mismatch']);
      expect(inspection.diagnostics[0]?.message).toContain(
        `is not for ${name}; it is for *.example.com, xn--bcher-kva.example, 192.0.2.1, 2001:DB8:0:0:0:0:0:1`,
      );
    });

    it('takes a wildcard for a whole label only', () => {
      expect(codes(leafWith({ names: ['k*.example.com'] }))).toEqual(['error certificate-name-mismatch']);
    });

    it('does not look at the common name', () => {
      expect(codes(leafWith({ commonName: host, names: [] }))).toEqual(['error certificate-name-mismatch']);
      expect(codes(leafWith({ commonName: host, names: ['other.example.com'] }))).toEqual([
        'error certificate-name-mismatch',
      ]);
    });

    it('shows eight names at most', () => {
      const names = Array.from({ length: 20 }, (_, index) => `n${index}.example.org`);
      const [mismatch] = leafWith({ names }).diagnostics;
      expect(mismatch?.message).toMatch(/n7\.example\.org, 12 more$/);
    });
  });

  it('certificate-weak: a short RSA key, SHA-1', () => {
    const short = leafWith({ key: 'rsa-1024' });
    expect(codes(short)).toEqual(['error certificate-weak']);
    expect(short.diagnostics[0]?.message).toContain('RSA key of 1024 bits');
    const sha1 = leafWith({ digest: 'sha1' });
    expect(codes(sha1)).toEqual(['error certificate-weak']);
    expect(sha1.diagnostics[0]?.message).toContain('signed with SHA-1');
  });

  it('never puts key material into a finding', () => {
    const damaged = good.leaf.key.replace(/\n.{64}\n/, '\n');
    const wrong = issue({ commonName: 'x' }).key;
    for (const key of [damaged, wrong, `${good.leaf.key}`]) {
      const said = JSON.stringify(
        inspectCertificate({ certificate: file(good.root.certificate), key: file(key, 0o666), names: ['a.b'] }, now),
      );
      for (const line of key.split('\n'))
        if (line.length > 8 && !line.startsWith('---')) expect(said).not.toContain(line);
    }
  });
});

describe('inspectCaFile', () => {
  const old = issue({ commonName: 'old root', kind: 'authority', notBefore: days(-9), notAfter: days(-1) });

  it('has nothing to say about good bundles', () => {
    const bundle = good.root.certificate + good.intermediate.certificate;
    expect(inspectCaFile(file(bundle, 0o644), now)).toEqual({ present: true, diagnostics: [] });
  });

  it.each([
    ['ca-missing', () => join(folder, 'none'), false, ['info ca-missing']],
    ['ca-not-a-file', () => folder, true, ['error ca-not-a-file']],
    ['ca-too-large', () => file('#'.repeat(1_000_001)), true, ['error ca-too-large']],
    ['ca-malformed', () => file(good.leaf.key), true, ['error ca-malformed']],
    ['ca-expired, all', () => file(old.certificate), true, ['error ca-expired']],
    ['ca-expired, some', () => file(old.certificate + good.root.certificate), true, ['warning ca-expired']],
  ])('%s', (_, path, present, expected) => {
    const inspection = inspectCaFile(path(), now);
    expect(inspection.present).toBe(present);
    expect(codes(inspection)).toEqual(expected);
  });

  it('ca-unreadable', async () => {
    const path = file(good.root.certificate, 0o000);
    expect(codes(await asOrdinaryUser(() => inspectCaFile(path, now)))).toEqual(['warning ca-unreadable']);
  });
});

describe('inspectPasswordFile', () => {
  let bcrypt: string;
  let sha512: string;
  beforeAll(async () => {
    const { stdout } = await execa('openssl', ['passwd', '-6', 'open sesame']);
    sha512 = stdout;
    bcrypt = `$2y$05$${'a'.repeat(53)}`;
  });

  it('has nothing to say about comments, empty lines, several hashes, a third field, and CRLF', () => {
    const lines = ['# users', '', `ali:${sha512}`, `baba:${bcrypt}:a comment`, 'c:$apr1$abc$def', 'd:{SSHA}abcd'];
    for (const end of ['\n', '\r\n']) {
      expect(inspectPasswordFile(file(lines.join(end), 0o640))).toEqual({ present: true, diagnostics: [] });
    }
  });

  it.each([
    ['password-file-missing', () => join(folder, 'none'), ['info password-file-missing']],
    ['password-file-not-a-file', () => '/dev/null', ['error password-file-not-a-file']],
    ['password-file-too-large', () => file('#'.repeat(1_000_001)), ['error password-file-too-large']],
    ['password-file-mode', () => file(`a:${sha512}`, 0o644), ['warning password-file-mode']],
    ['password-file-empty', () => file('# none\n'), ['warning password-file-empty']],
    ['password-file-malformed', () => file('alibaba\n:x\na:\n'), Array(3).fill('warning password-file-malformed')],
    ['password-file-plain', () => file('a:{PLAIN}sesame'), ['warning password-file-plain']],
    [
      'password-file-weak',
      () => file('a:{SHA}W6ph5Mm5Pz8=\nb:rqXexS6ZhobKA'),
      Array(2).fill('warning password-file-weak'),
    ],
    ['password-file-unknown-hash', () => file('a:sesame'), ['warning password-file-unknown-hash']],
  ])('%s', (_, path, expected) => {
    const inspection = inspectPasswordFile(path());
    expect(codes(inspection)).toEqual(expected);
    expect(JSON.stringify(inspection)).not.toMatch(/sesame|alibaba|W6ph/);
  });

  it('names the line', () => {
    expect(inspectPasswordFile(file(`# x\na:${sha512}\nb:sesame\n`)).diagnostics[0]?.message).toMatch(
      /, line 3: no hash/,
    );
  });
});

/** The effective user of this process while `act` runs: root may read everything, so it steps aside. */
async function asOrdinaryUser<T>(act: () => T): Promise<T> {
  const { geteuid, getegid, setegid, seteuid } = process;
  if (!geteuid || !getegid || !setegid || !seteuid || geteuid() !== 0) return act();
  chmodSync(folder, 0o755);
  const group = getegid();
  setegid(65_534);
  seteuid(65_534);
  try {
    return act();
  } finally {
    seteuid(0);
    setegid(group);
  }
}
