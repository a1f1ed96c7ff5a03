import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Contents, Tree } from '../../src/nginx/tree.ts';

const nothing: Contents = {
  files: [],
  links: [],
  certificates: [],
  keys: new Set(),
  certificatePem: 'certificate',
  keyPem: 'key',
  folders: [],
};

function laidOut(contents: Partial<Contents>, look: (read: (path: string) => string, root: string) => void): void {
  const tree = new Tree(mkdtempSync(join(tmpdir(), 'keepgate-tree-')));
  try {
    tree.fill({ ...nothing, ...contents });
    look((path) => readFileSync(tree.root + path, 'utf8'), tree.root);
  } finally {
    tree.remove();
  }
  expect(statSync(tree.root, { throwIfNoEntry: false })).toBeUndefined();
}

it('has every stand-in at its place, many folders with the same ones included', () => {
  const sites = Array.from({ length: 50 }, (_, i) => `/var/lib/keepgate/s${i}`);
  const certificates = sites.map((site) => `${site}/fullchain.pem`);
  const keys = new Set(sites.map((site) => `${site}/privkey.pem`));
  laidOut({ certificates, keys }, (read) => {
    for (const path of certificates) expect(read(path)).toBe('certificate');
    for (const path of keys) expect(read(path)).toBe('key');
  });
});

it('mixes up no folders that differ', () => {
  const contents = {
    files: [['/c/b/other', 'file']],
    certificates: ['/c/a/x', '/c/b/x', '/c/d/x', '/c/d/e/x', '/c/f/x', '/c/g/y', '/c/h/x', '/c/h/x'],
    keys: new Set(['/c/f/x', '/c/h/z', '/c/k/x']),
    links: [
      ['/c/d/link', '/t'],
      ['/c/a/x', '/t'],
    ],
    folders: ['/c/d/folder', '/c/l'],
  } as const;
  laidOut(contents, (read, root) => {
    const expected = {
      '/c/a/x': 'certificate',
      '/c/b/x': 'certificate',
      '/c/b/other': 'file',
      '/c/d/x': 'certificate',
      '/c/d/e/x': 'certificate',
      '/c/f/x': 'certificate\nkey',
      '/c/g/y': 'certificate',
      '/c/h/x': 'certificate',
      '/c/h/z': 'key',
      '/c/k/x': 'key',
    };
    for (const [path, text] of Object.entries(expected)) expect(read(path)).toBe(text);
    expect(readdirSync(`${root}/c/a`)).toEqual(['x']);
    expect(readdirSync(`${root}/c/d`).sort()).toEqual(['e', 'folder', 'link', 'x']);
  });
});

it('lets the first have a path', () => {
  const contents = {
    files: [
      ['/a', '1'],
      ['/a', '2'],
      ['/b/c', '3'],
    ],
    certificates: ['/a'],
    links: [
      ['/a', '/x'],
      ['/b', '/x'],
    ],
  } as const;
  laidOut(contents, (read) => {
    expect(read('/a')).toBe('1');
    expect(read('/b/c')).toBe('3');
  });
});

it('makes more copies than a file may have names', () => {
  const certificates = Array.from({ length: 70_000 }, (_, i) => `/c/${i}.pem`);
  laidOut({ certificates }, (read) => expect(read('/c/69999.pem')).toBe('certificate'));
});

it('is removed with what others put there', () => {
  laidOut({ files: [['/a/b', '']] }, (_, root) => mkdirSync(`${root}/a/c/d`, { recursive: true }));
});
