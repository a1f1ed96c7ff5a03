import { expect, it } from 'vitest';
import { directoryOf } from '../../src/acme/directory.ts';
import { alternates, location } from '../../src/acme/resources.ts';
import { formats } from '../../src/spec/formats.ts';

it('names of directories are those of a spec', () => {
  for (const name of ['letsencrypt', 'letsencrypt-staging', 'zerossl', 'google']) {
    expect(formats['acme-directory']?.(name)).toBe(true);
    expect(directoryOf(name)).toMatchObject({ name, url: expect.stringMatching(/^https:\/\//) });
  }
  expect(directoryOf('letsencrypt').stagingUrl).toBe(directoryOf('letsencrypt-staging').url);
});

it('a URL stands for itself, with its CA', () => {
  const url = 'https://ca.example/acme/directory';
  expect(directoryOf(url, '/etc/ca.pem')).toEqual({ name: url, url, caFile: '/etc/ca.pem' });
  expect(directoryOf('https://CA.example').url).toBe('https://ca.example/');
});

it.each([
  ['lets-encrypt', 'did you mean letsencrypt?'],
  ['toString', 'toString is no ACME directory'],
  ['http://ca.example/directory', 'is no ACME directory'],
  ['https://user:secret@ca.example/directory', 'is no ACME directory'],
  ['https://', 'is no ACME directory'],
  ['', 'is no ACME directory'],
])('%s is none', (name, message) => {
  expect(() => directoryOf(name)).toThrow(message);
});

it('links to other chains are found among others', () => {
  const link = '<https://ca.example/dir>;rel="index", <https://ca.example/c/1>;rel="alternate", </c/2>; rel=alternate';
  expect(alternates({ link }, 'https://ca.example/c')).toEqual(['https://ca.example/c/1', 'https://ca.example/c/2']);
  expect(alternates({}, 'https://ca.example/c')).toEqual([]);
});

it('a location may be relative, but must be there', () => {
  expect(location({ location: '/order/1' }, 'https://ca.example/new-order')).toBe('https://ca.example/order/1');
  expect(() => location({}, 'https://ca.example/new-order')).toThrow('it has no Location');
});
