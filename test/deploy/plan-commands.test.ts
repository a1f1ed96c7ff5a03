import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Facts, type Installation, nextCommands } from '../../src/deploy/plan-commands.ts';
import { word } from '../../src/shell-word.ts';
import { renderedOf } from './rendered.ts';

const rendered = renderedOf({ api: 8080 });
const installation: Installation = {
  from: 'out/site',
  words: ['api.yaml'],
  name: 'site',
  rendered,
  removed: [],
  certificates: [
    { certificate: '/srv/certs/live/api/fullchain.pem', hosts: ['api.example.com'], selfSigned: false },
    {
      certificate: '/srv/certs/live/in/fullchain.pem',
      hosts: ['*.in.example', '[::1]', '192.0.2.1'],
      selfSigned: true,
    },
  ],
  challengeRoot: '/var/lib/keepgate-acme',
  claimsDefault: true,
};
const paths = [...rendered.files, ...rendered.links].map(({ path }) => path);
const facts: Facts = {
  where: 'here',
  root: 'is',
  reload: 'systemd',
  defaultSite: 'absent',
  present: new Set(installation.certificates.map(({ certificate }) => certificate)),
  challengeRoot: true,
  differing: paths,
  foreign: [],
  gone: [],
  installed: false,
  globs: true,
};
const lines = (changed: Partial<Facts> = {}, other: Partial<Installation> = {}): string[] =>
  nextCommands({ ...installation, ...other }, { ...facts, ...changed });

describe('the next commands', () => {
  it('where all else is there: copy, link, test, reload', () => {
    expect(lines()).toEqual([
      '# The files, then the links that switch them on.',
      'install -m 644 out/site/conf.d/keepgate.conf /etc/nginx/conf.d/',
      'install -m 644 out/site/sites-available/keepgate_api.conf /etc/nginx/sites-available/',
      'cp -P out/site/sites-enabled/keepgate_api.conf /etc/nginx/sites-enabled/',
      'install -m 644 out/site/keepgate.manifest.json /etc/nginx/',
      '# Test all of it, and only then reload: until here what is running is untouched.',
      'nginx -t && systemctl reload-or-restart nginx',
    ]);
  });

  it('where apply has installed specs: apply, which knows what the others have', () => {
    expect(lines({ installed: true, root: 'sudo' })).toEqual([
      '# keepgate apply has installed specs here: it keeps what the others have, and makes the shared file for all.',
      'sudo keepgate apply api.yaml',
    ]);
  });

  it('for another machine ask there for what is not known here', () => {
    expect(
      lines({ where: 'elsewhere', root: 'sudo', defaultSite: 'unknown', present: new Set(), challengeRoot: false }),
    ).toEqual([
      '# For the server, since this machine is not the one. Bring the folder there, then run the rest beside it:',
      '#   rsync -a --delete out/site/ server:site/',
      '# No certificate yet: a stand-in that no client trusts, so that nginx starts, until the real one is issued.',
      'for name in api; do',
      '  sudo test -e /srv/certs/live/"$name"/fullchain.pem && continue',
      '  made=/srv/certs/stand-in/$name',
      '  sudo install -d -m 700 /srv/certs /srv/certs/live /srv/certs/stand-in "$made"',
      `  sudo openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj '/CN=keepgate stand-in, not a real certificate' -keyout "$made/privkey.pem" -out "$made/fullchain.pem"`,
      '  sudo ln -sfn "../stand-in/$name" /srv/certs/live/"$name"',
      'done',
      '# The self-signed certificate that the spec asks for.',
      'for name in in; do',
      '  sudo test -e /srv/certs/live/"$name"/fullchain.pem && continue',
      '  made=/srv/certs/self-signed/$name',
      '  sudo install -d -m 700 /srv/certs /srv/certs/live /srv/certs/self-signed "$made"',
      `  sudo openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj '/CN=self-signed by keepgate' -addext 'subjectAltName=DNS:*.in.example,IP:::1,IP:192.0.2.1' -keyout "$made/privkey.pem" -out "$made/fullchain.pem"`,
      '  sudo ln -sfn "../self-signed/$name" /srv/certs/live/"$name"',
      'done',
      "# Where the CA's challenges will lie; nginx's workers read them.",
      'sudo install -d -m 755 /var/lib/keepgate-acme',
      "# Debian's default site claims port 80 too, and nginx takes only one; it stays in sites-available.",
      '[ ! -L /etc/nginx/sites-enabled/default ] || sudo rm /etc/nginx/sites-enabled/default',
      '# The files, then the links that switch them on.',
      'sudo install -m 644 site/conf.d/keepgate.conf /etc/nginx/conf.d/',
      'sudo install -m 644 site/sites-available/keepgate_api.conf /etc/nginx/sites-available/',
      'sudo cp -P site/sites-enabled/keepgate_api.conf /etc/nginx/sites-enabled/',
      'sudo install -m 644 site/keepgate.manifest.json /etc/nginx/',
      '# Test all of it, and only then reload: until here what is running is untouched.',
      '# (Without systemd, reload with: nginx -s reload)',
      'sudo nginx -t && sudo systemctl reload-or-restart nginx',
    ]);
  });

  it.each<[string, Partial<Facts>, Partial<Installation>, string[], RegExp | undefined]>([
    ['starts an nginx that does not run', { reload: 'start' }, {}, ['nginx -t && nginx'], undefined],
    ['signals one that no systemd runs', { reload: 'signal' }, {}, ['nginx -t && nginx -s reload'], undefined],
    ['says that root has to do it where there is no sudo', { root: 'note' }, {}, ['# Run these as root.'], /sudo/],
    [
      "removes Debian's default site",
      { defaultSite: 'link', root: 'sudo' },
      {},
      ['sudo rm /etc/nginx/sites-enabled/default'],
      undefined,
    ],
    [
      'leaves it when none of ours refuses on port 80',
      { defaultSite: 'link' },
      { claimsDefault: false },
      [],
      /default/,
    ],
    [
      'keeps a default site that is a file of its own',
      { defaultSite: 'file' },
      {},
      ['mv /etc/nginx/sites-enabled/default /etc/nginx/sites-enabled_default.before-keepgate'],
      /\brm\b/,
    ],
    [
      'removes what is gone here or there, once',
      { gone: ['sites-enabled/keepgate_a.conf'] },
      { removed: ['sites-enabled/keepgate_a.conf', 'sites-available/keepgate_a.conf', paths[0] ?? ''] },
      ['rm -f /etc/nginx/sites-enabled/keepgate_a.conf /etc/nginx/sites-available/keepgate_a.conf'],
      undefined,
    ],
    [
      'keeps aside what a person wrote there',
      { foreign: ['sites-enabled/keepgate_api.conf'] },
      {},
      ['cp -pP /etc/nginx/sites-enabled/keepgate_api.conf /etc/nginx/sites-enabled_keepgate_api.conf.before-keepgate'],
      undefined,
    ],
    ['copies nothing where nginx reads it', { where: 'in-place' }, {}, [], /install -m|cp /],
    ['copies what differs', { differing: [] }, {}, ['# /etc/nginx holds the files already.'], /\.conf/],
    [
      'quotes the folder',
      {},
      { from: "-it's $HOME" },
      [`install -m 644 '-it'\\''s $HOME/conf.d/keepgate.conf' /etc/nginx/conf.d/`.replace("'-it", "'./-it")],
      undefined,
    ],
  ])('%s', (_title, changed, other, wanted, never) => {
    const text = lines(changed, other);
    expect(text).toEqual(expect.arrayContaining(wanted));
    if (never) expect(text.join('\n')).not.toMatch(never);
  });

  it('name many files by a glob, unless it would take others too', () => {
    const many = renderedOf(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`s${i}`, 8000 + i])));
    const all = [...many.files, ...many.links].map(({ path }) => path);
    const text = lines({ differing: all }, { rendered: many });
    expect(text).toContain('install -m 644 out/site/sites-available/keepgate*.conf /etc/nginx/sites-available/');
    expect(text).toContain('cp -P out/site/sites-enabled/keepgate*.conf /etc/nginx/sites-enabled/');
    expect(lines({ differing: all, globs: false }, { rendered: many }).join('\n')).not.toContain('*');
  });
});

it.each(['plain', 'a b', "it's", '$HOME `id` "x" \\', '-rf', '*', '', '~root', '#no', 'a\nb', 'é'])(
  'sh reads the word %j as it was written',
  (text) => {
    const read = execFileSync('sh', ['-c', `printf %s ${word(text)}`], { encoding: 'utf8' });
    expect(read).toBe(text.startsWith('-') ? `./${text}` : text);
  },
);
