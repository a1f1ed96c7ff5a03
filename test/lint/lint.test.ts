import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rules } from '../../src/lint/index.ts';
import { findingsIn, findingsOf } from '../reported.ts';

const findings = (text: string) => findingsIn([{ file: 'keepgate.yaml', bytes: Buffer.from(`version: 1\n${text}`) }]);

const remote = (name: string, more = '') => `  ${name}: {hosts: [${name}.example.com], upstream: data${more}}\n`;
const ignore = ', lint: {ignore: [{code: plain-remote-backend, reason: a private link}]}';
const upstreams = 'upstreams: {data: {servers: [10.0.0.7:8080]}}\nsites:\n';

describe('lint.ignore', () => {
  it('takes a finding out, and keeps its reason', () => {
    const { diagnostics, ignored, text } = findings(`${upstreams}${remote('a', ignore)}`);
    expect(diagnostics).toEqual([]);
    expect(ignored).toMatchObject([
      { reason: 'a private link', diagnostic: { code: 'plain-remote-backend', site: 'a', at: { line: 2 } } },
    ]);
    expect(text()).toContain('1 finding ignored with a reason');
  });

  it('of defaults holds for every site', () => {
    const { diagnostics, ignored } = findings(
      `defaults: {${ignore.slice(2)}}\n${upstreams}${remote('a')}${remote('b')}`,
    );
    expect(diagnostics).toEqual([]);
    expect(ignored).toHaveLength(1);
  });

  it('of one site does not hold for another that shares the upstream', () => {
    const { diagnostics } = findings(`${upstreams}${remote('a', ignore)}${remote('b')}`);
    expect(diagnostics).toMatchObject([{ code: 'plain-remote-backend', site: 'b' }]);
  });
});

it('says once what several sites share', () => {
  expect(findings(`${upstreams}${remote('a')}${remote('b')}${remote('c')}`).diagnostics).toHaveLength(1);
});

it('stops render: a rule that finds an error makes the configuration wrong', () => {
  expect(rules.find(({ code }) => code === 'header-conflict')).toMatchObject({ severity: 'error', ignorable: false });
});

describe('many sites', () => {
  const text = (count: number) =>
    `sites:\n${Array.from({ length: count }, (_, index) => `  s${index}: {hosts: [h${index}.example.com], upstream: "http://10.0.0.7:${index + 1}", http3: true, routes: {/a: {redirect: {to: /b}}, /b: "http://127.0.0.1:8080"}}\n`).join('')}`;

  it('each get their finding', () => {
    expect(findings(text(1000)).diagnostics).toHaveLength(1000);
  });
});

describe('hundreds of redirects', () => {
  const text = (count: number, last: string) =>
    `sites: {a: {hosts: [a.example.com], routes: {${Array.from({ length: count }, (_, index) => `/r${index}: {redirect: {to: ${index === count - 1 ? last : `/r${index + 1}`}}}`).join(', ')}}}}\n`;

  it('may lead to one another', () => {
    expect(findings(text(999, '/end')).diagnostics).toEqual([]);
  });

  it('that end in a circle are one finding, at the first that is in it', () => {
    const { diagnostics } = findings(text(900, '/r897'));
    expect(diagnostics).toMatchObject([{ code: 'redirect-loop', message: expect.stringContaining('"/r897" leads') }]);
    expect(diagnostics[0]?.message).toContain('through "/r898", "/r899";');
  });
});

it.each(readdirSync('examples').filter((file) => file.endsWith('.yaml')))('the example %s has no errors', (file) => {
  const { diagnostics } = findingsOf('examples', file);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});
