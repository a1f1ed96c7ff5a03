import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolve } from '../../src/model/resolve.ts';
import { type Rendered, render } from '../../src/render/render.ts';
import { overlayTemplates } from '../../src/render/user-templates.ts';
import { loadSpec } from '../../src/spec/load.ts';
import { targets } from '../targets.ts';

type Json = Readonly<Record<string, unknown>>;

const target = targets['debian-12'];

function rendered(spec: Json, layout: 'debian' | 'conf.d' = 'debian', on = target): Rendered {
  const text = JSON.stringify({ version: 1, ...spec });
  const { spec: loaded, places, diagnostics } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  expect(diagnostics).toEqual([]);
  if (loaded === undefined) throw new Error('no spec');
  const { model, diagnostics: found } = resolve(loaded, places, { target: on, layout, allowRaw: false });
  expect(found).toEqual([]);
  return render(model, on);
}

const two = {
  sites: {
    b: { hosts: ['b.example'], upstream: 'http://127.0.0.1:8082' },
    a: { hosts: ['a.example'], upstream: 'http://127.0.0.1:8081' },
  },
};

describe('the files', () => {
  it('of the layout debian: one for each site behind a link, one that they share', () => {
    const { files, links } = rendered(two);
    expect(files.map(({ path, site }) => [path, site])).toEqual([
      ['conf.d/keepgate.conf', undefined],
      ['sites-available/keepgate_b.conf', 'b'],
      ['sites-available/keepgate_a.conf', 'a'],
    ]);
    expect(links).toEqual([
      { path: 'sites-enabled/keepgate_b.conf', to: '../sites-available/keepgate_b.conf' },
      { path: 'sites-enabled/keepgate_a.conf', to: '../sites-available/keepgate_a.conf' },
    ]);
  });

  it('of the layout conf.d: the shared one is read first, as nginx sorts', () => {
    const { files, links } = rendered(two, 'conf.d');
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual(['conf.d/keepgate.conf', 'conf.d/keepgate_b.conf', 'conf.d/keepgate_a.conf']);
    expect([...paths].sort()[0]).toBe('conf.d/keepgate.conf');
    expect(links).toEqual([]);
  });

  it('say where they come from, and nothing of versions or dates', () => {
    const text = rendered(two).files[2]?.text ?? '';
    expect(text).toMatch(/^# Made by keepgate from keepgate\.yaml, site a\. /);
    expect(text).not.toContain(target.version);
    expect(text).not.toMatch(/\b20\d\d\b/);
    expect(text.endsWith('}\n')).toBe(true);
    expect(text).not.toMatch(/[ \t]$|\n{3}|\r/m);
  });
});

describe('the text is true', () => {
  const upstream = 'http://127.0.0.1:8081';
  const siteText = (options: Json, spec: Json = {}) =>
    rendered({ ...spec, sites: { a: { hosts: ['a.example'], upstream, ...options } } }).files[1]?.text ?? '';

  it('where a CA asks for a challenge, and where it has no reason to', () => {
    const asks = /acme-challenge|CA asks/;
    expect(siteText({})).toMatch(asks);
    expect(siteText({ tls: { certificate: 'self-signed' } })).not.toMatch(asks);
    const own = { cert: '/etc/ssl/a.pem', key: '/etc/ssl/a.key' };
    expect(siteText({ tls: { certificate: own } })).not.toMatch(asks);
    const otherStore = { cert: '/srv/kept/live/a/fullchain.pem', key: '/srv/kept/live/a/privkey.pem' };
    expect(siteText({ tls: { certificate: otherStore }, acme: { store: '/srv/kept' } })).toMatch(asks);
    expect(siteText({ tls: { certificate: otherStore } })).not.toMatch(asks);
  });

  it.each(['refuse', 'https'])('about unknown hosts, whoever has port 80: %s', (defaultServer) => {
    const [shared] = rendered({ ...two, nginx: { defaultServer } }).files;
    const comments = shared?.text.match(/^# .*(?=\nserver \{)/gm) ?? [];
    expect(comments).toHaveLength(defaultServer === 'refuse' ? 2 : 1);
    for (const comment of comments) expect(comment).toMatch(/^# Hosts that no site has, /);
  });

  it('about a route that is two locations, once', () => {
    const comment = /For nginx these are two locations/g;
    expect(siteText({}).match(comment)).toBeNull();
    expect(siteText({ routes: { '= /x': { respond: {} } } }).match(comment)).toBeNull();
    expect(siteText({ routes: { '/x': upstream, '/y': upstream } }).match(comment)).toHaveLength(1);
  });

  it('names an answer by its route, whatever other routes there are', () => {
    const answer = { respond: { body: 'x' } };
    const odd = { '~ ^/r/[0-9]+$': answer, '/ä': answer, '/a': answer, '= /a': answer, "/b(c)'d": answer };
    const names = (routes: Json) =>
      new Set(siteText({ allow: ['10.0.0.0/8'], routes }).match(/(?<=location )@keepgate_answer\S*/g));
    const before = names(odd);
    expect(before).toContain('@keepgate_answer_/a/');
    expect(before).toContain('@keepgate_answer_=/a');
    expect(before.size).toBe(7);
    const after = names({ '/0': answer, ...odd, '= /Z': answer });
    expect([...before].filter((name) => !after.has(name))).toEqual([]);
  });
});

it('the manifest holds what was written, for which nginx, and no date', () => {
  const { files, links, manifest } = rendered(two);
  expect(manifest).toEqual({
    version: 2,
    target,
    guideline: '6.0',
    files: Object.fromEntries(
      files.map(({ path, text }) => [path, createHash('sha256').update(text, 'utf8').digest('hex')]),
    ),
    links: Object.fromEntries(links.map(({ path, to }) => [path, to])),
    specs: {},
  });
});

it("a user's templates take the place of the shipped ones", () => {
  const text = JSON.stringify({ version: 1, ...two });
  const { spec, places } = loadSpec([{ file: 'keepgate.yaml', bytes: Buffer.from(text) }]);
  if (spec === undefined) throw new Error('no spec');
  const { model } = resolve(spec, places, { target, layout: 'conf.d', allowRaw: false });
  const site = '# mine\nserver {\n{{> listen}}\n    return 200 {{specFile}};\n}\n';
  const { files } = render(model, target, overlayTemplates({ 'site.conf.hbs': site }));
  expect(files[1]?.text).toBe(
    '# mine\nserver {\n    listen 443 ssl http2;\n    listen [::]:443 ssl http2;\n    return 200 keepgate.yaml;\n}\n',
  );
  expect(files[0]?.text).toBe(render(model, target).files[0]?.text);
});

const port = fc.integer({ min: 8000, max: 8999 });
const site = fc.record(
  {
    upstream: port.map((number) => `http://127.0.0.1:${number}`),
    http2: fc.boolean(),
    bodyLimit: fc.constantFrom('1m', '64k', 'unlimited'),
    websocket: fc.boolean(),
    tls: fc.record({ hsts: fc.record({ maxAge: fc.integer({ min: 0, max: 9999 }) }) }),
    listen: fc.record({ https: fc.constantFrom(443, 8443) }),
    headers: fc.record({ response: fc.dictionary(fc.constantFrom('X-A', 'X-B'), fc.constantFrom('1', 'a b', ';')) }),
    routes: fc.dictionary(
      fc.constantFrom('/r', '= /e', '~ ^/x'),
      port.map((number) => `http://127.0.0.1:${number}`),
    ),
  },
  { requiredKeys: ['upstream'] },
);
const sites = fc
  .uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 2, maxLength: 5 })
  .chain((names) =>
    fc
      .tuple(...names.map(() => site))
      .map((all) =>
        names.map(
          (name, index) => [name, { hosts: [`${name}.example`, `www.${name}.example`], ...all[index] }] as const,
        ),
      ),
  );
const anyTarget = fc.constantFrom(...Object.values(targets));

describe('laws', () => {
  it('the same input gives the same bytes', () => {
    fc.assert(
      fc.property(sites, anyTarget, (entries, on) => {
        const spec = { sites: Object.fromEntries(entries) };
        expect(rendered(spec, 'debian', on)).toEqual(rendered(structuredClone(spec), 'debian', on));
      }),
      { numRuns: 50 },
    );
  });

  it('the order of sites changes no file', () => {
    const shuffled = sites.chain((entries) =>
      fc.tuple(fc.constant(entries), fc.shuffledSubarray([...entries], { minLength: entries.length })),
    );
    fc.assert(
      fc.property(shuffled, anyTarget, ([entries, others], on) => {
        const first = rendered({ sites: Object.fromEntries(entries) }, 'debian', on);
        const second = rendered({ sites: Object.fromEntries(others) }, 'debian', on);
        expect(byPath(second)).toEqual(byPath(first));
        const sorted = (record: object) => Object.entries(record).sort();
        expect(sorted(second.manifest.files)).toEqual(sorted(first.manifest.files));
      }),
      { numRuns: 100 },
    );
  });

  it('of two profiles on one socket, the order does not choose', () => {
    const on = targets['debian-14'];
    const modern = { hosts: ['m.example'], upstream: 'http://127.0.0.1:8081', tls: { profile: 'modern' } };
    const other = {
      hosts: ['i.example'],
      upstream: 'http://127.0.0.1:8082',
      listen: { addresses: ['*', '192.0.2.1'] },
    };
    const first = rendered({ sites: { modern, other } }, 'debian', on);
    expect(byPath(rendered({ sites: { other, modern } }, 'debian', on))).toEqual(byPath(first));
    expect(first.files[0]?.text.match(/ssl_protocols .*;/g)).toEqual([
      'ssl_protocols TLSv1.2 TLSv1.3;',
      'ssl_protocols TLSv1.3;',
    ]);
  });

  it('a changed site changes its own file and no other', () => {
    fc.assert(
      fc.property(sites, site, fc.nat(), anyTarget, (entries, other, which, on) => {
        const [name = ''] = entries[which % entries.length] ?? [];
        const spec = { sites: Object.fromEntries(entries) };
        const changed = { sites: { ...spec.sites, [name]: { hosts: [`${name}.example`], ...other } } };
        const before = byPath(rendered(spec, 'debian', on));
        const after = byPath(rendered(changed, 'debian', on));
        expect(Object.keys(after)).toEqual(Object.keys(before));
        const differing = Object.keys(before).filter((path) => before[path] !== after[path]);
        const own = `sites-available/keepgate_${name}.conf`;
        expect(differing).toContain(own);
        // The shared file names the sockets; before 1.25.1, HTTP/2 was one of their properties.
        const sockets = JSON.stringify(listened(spec.sites[name])) !== JSON.stringify(listened(other));
        const http2 = on.version < '1.25' && (spec.sites[name]?.http2 ?? true) !== (other.http2 ?? true);
        const expected = new Set([own, ...(sockets || http2 ? ['conf.d/keepgate.conf'] : [])]);
        expect(differing.filter((path) => !expected.has(path))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('a site that is gone takes only its file along', () => {
    fc.assert(
      fc.property(sites, anyTarget, (entries, on) => {
        const before = byPath(rendered({ sites: Object.fromEntries(entries) }, 'debian', on));
        const after = byPath(rendered({ sites: Object.fromEntries(entries.slice(1)) }, 'debian', on));
        delete before[`sites-available/keepgate_${entries[0]?.[0]}.conf`];
        delete before['conf.d/keepgate.conf']; // the sockets that it alone listened on are gone
        expect(after).toMatchObject(before);
      }),
      { numRuns: 50 },
    );
  });
});

function listened(options: { listen?: { https?: number } } | undefined): number {
  return options?.listen?.https ?? 443;
}

function byPath({ files }: Rendered): Record<string, string> {
  return Object.fromEntries(files.map(({ path, text }) => [path, text]).sort());
}
