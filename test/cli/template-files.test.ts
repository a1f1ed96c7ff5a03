import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { renderWithTemplates } from '../../src/cli/template-files.ts';
import { KeepgateError } from '../../src/diagnostic.ts';
import { resolve } from '../../src/model/resolve.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { targets } from '../targets.ts';

const spec = 'version: 1\nsites: {api: {hosts: [api.example.com], upstream: "http://127.0.0.1:8080"}}\n';
const target = targets['debian-12'];
const loaded = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(spec) }]);
if (!loaded.spec) throw new Error('the spec is refused');
const { model } = resolve(loaded.spec, loaded.places, { target, layout: 'debian', allowRaw: false });

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'keepgate-templates-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(cwd, 'mine', name)), { recursive: true });
  writeFileSync(join(cwd, 'mine', name), text);
}

/** The site's file, or what is said against the templates. */
function rendered(): string {
  const io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: {},
    cwd,
    now: () => new Date(),
  };
  try {
    return renderWithTemplates('mine', model, target, io).files.find(({ site }) => site === 'api')?.text ?? '';
  } catch (error) {
    if (!(error instanceof KeepgateError)) throw error;
    expect(error.exitCode).toBe(1);
    return `${error.diagnostic.code}: ${error.message}`;
  }
}

it("a user's own form of a shipped partial", () => {
  write('partials/access.hbs', '    # access is decided elsewhere\n');
  expect(rendered()).toContain('    # access is decided elsewhere\n');
});

it('what a view holds is quoted', () => {
  write('site.conf.hbs', '{{#each locations}}return 200 {{route}};\n{{/each}}server_name {{httpsRedirect}};\n');
  expect(rendered()).toBe('return 200 /;\nserver_name https://$host$request_uri;\n');
});

it.each([
  ['{{{name}}}', /raw mustaches .* are refused/],
  ['{{&name}}', /raw mustaches .* are refused/],
  ['a{{name}}', /\{\{name\}\} is glued/],
  ['"{{name}}"', /\{\{name\}\} is glued|\{\{name\}\} .*quot/],
  ['{{lookup this "name"}}', /helpers are refused/],
  ['{{#if', /Expecting/],
])('quoting can not be got round: %s', (mustache, reason) => {
  write('site.conf.hbs', `server {\n    server_name ${mustache};\n}\n`);
  expect(rendered()).toMatch(/^template-refused: site\.conf\.hbs/);
  expect(rendered()).toMatch(reason);
});

it.each([
  ['a name that the view lacks', 'site.conf.hbs', '{{#if typo}}{{/if}}\n', /^template-refused: .*uses "typo"/],
  ['a partial without an end', 'partials/access.hbs', '{{> access}}\n', /^template-refused: .*stack/],
  [
    'a misspelt name',
    'sites.conf.hbs',
    '',
    /^template-unknown: sites\.conf\.hbs is not a template of keepgate; did you mean "site\.conf\.hbs"\?/,
  ],
  ['another ending', 'site.conf.hb', '', /^template-unknown: site\.conf\.hb .*did you mean "site\.conf\.hbs"\?/],
  ['a name from the prototype', 'constructor', '', /^template-unknown: constructor is not a template of keepgate/],
  [
    'a misspelt partial',
    'partials/locations.hbs',
    '',
    /^template-unknown: partials\/locations\.hbs is included by no template; did you mean "partials\/location\.hbs"\?/,
  ],
  [
    'a partial that is missing',
    'partials/access.hbs',
    '{{> acess}}\n',
    /^template-unknown: partials\/acess\.hbs is missing; partials\/access\.hbs includes it; did you mean "partials\/access\.hbs"\?/,
  ],
  ['a huge one', 'site.conf.hbs', ' '.repeat(1_000_001), /^templates-not-readable: .*larger than 1 MB/],
])('%s is refused', (_what, name, text, reason) => {
  write(name, text);
  expect(rendered()).toMatch(reason);
});

it('a folder where a template should be, and a template where a folder should be', () => {
  mkdirSync(join(cwd, 'mine/site.conf.hbs'), { recursive: true });
  expect(rendered()).toBe("templates-not-readable: mine/site.conf.hbs can't be read: it is not a file");
  rmSync(join(cwd, 'mine'), { recursive: true });
  expect(rendered()).toBe("templates-not-readable: mine can't be read: there is no such folder");
  writeFileSync(join(cwd, 'mine'), '');
  expect(rendered()).toBe("templates-not-readable: mine can't be read: it is not a folder");
});

it.skipIf(process.getuid?.() === 0)("another user's", () => {
  write('site.conf.hbs', '');
  chmodSync(join(cwd, 'mine/site.conf.hbs'), 0);
  expect(rendered()).toBe("templates-not-readable: mine/site.conf.hbs can't be read: this user may not read it");
});
