/** Real backends behind the real nginx: no spelling of a guarded path gets to its handler. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { throwawayFolder } from '../../../src/verify/throwaway.ts';
import { clientOf, gateFor } from '../../e2e/gate.ts';
import { times } from '../../everything.ts';
import { suites } from '../../parts.ts';
import { type Backend, backends } from './backends.ts';
import { http1Bodies, http2Bodies } from './senders.ts';
import { childSpellings, guardedSpellings } from './spellings.ts';

const folder = throwawayFolder();
afterAll(() => folder.remove());
const userFile = join(folder.path, 'users');
writeFileSync(userFile, `user:{SHA}${createHash('sha1').update('secret').digest('base64')}\n`);

type BackendName = keyof typeof backends;
const names = Object.keys(backends) as BackendName[];

/** The handlers that a shape of guards keeps from the client, which is 127.0.0.1 without a password. */
const everything = ['internal', 'metrics'];
const shapes = {
  allow: {
    closed: everything,
    options:
      'routes: {/: URL, /internal: {upstream: URL, allow: [10.0.0.0/8]}, /metrics: {upstream: URL, allow: [10.0.0.0/8]}}',
  },
  deny: {
    closed: everything,
    options:
      'routes: {/: URL, /internal: {upstream: URL, deny: [127.0.0.1]}, /metrics: {upstream: URL, deny: [127.0.0.0/8]}}',
  },
  password: {
    closed: everything,
    options: `routes: {/: URL, /internal: {upstream: URL, basicAuth: {userFile: ${userFile}}}, /metrics: {upstream: URL, basicAuth: {userFile: ${userFile}}}}`,
  },
  beside: {
    closed: everything,
    options:
      'routes: {/x: URL, /a: URL, /health: URL, /internal: {upstream: URL, allow: [10.0.0.0/8]}, /metrics: {upstream: URL, allow: [10.0.0.0/8]}}',
  },
  child: {
    closed: everything,
    options:
      'routes: {/: URL, /metrics: {upstream: URL, allow: [10.0.0.0/8]}, /internal: {upstream: URL, allow: [10.0.0.0/8]}, /internal/public: URL}',
  },
  root: {
    closed: [...everything, 'root', 'public'],
    options: 'routes: {/: {upstream: URL, allow: [10.0.0.0/8]}, /health: URL}',
  },
  site: {
    closed: [...everything, 'root', 'public'],
    options: 'upstream: URL\n    allow: [10.0.0.0/8]\n    routes: {/health: {upstream: URL, allow: [127.0.0.1]}}',
  },
  exact: { closed: ['metrics'], options: 'routes: {/: URL, "= /metrics": {upstream: URL, allow: [10.0.0.0/8]}}' },
  regex: {
    closed: everything,
    options:
      "routes: {/: URL, '~ ^/internal(/|$)': {upstream: URL, allow: [10.0.0.0/8]}, '~ ^/metrics$': {upstream: URL, deny: [127.0.0.1]}}",
  },
  'beside-regex': {
    closed: everything,
    options:
      "routes: {/: URL, /internal: {upstream: URL, allow: [10.0.0.0/8]}, /metrics: {upstream: URL, allow: [10.0.0.0/8]}, '~ \\.json$': URL, '~ stats': URL}",
  },
  refused: {
    closed: everything,
    options: 'upstream: URL\n    routes: {/internal: {respond: {status: 403}}, /metrics: {respond: {status: 404}}}',
  },
  answered: {
    closed: everything,
    options:
      'upstream: URL\n    routes: {/internal: {respond: {body: x}, allow: [10.0.0.0/8]}, /metrics: {redirect: {to: /new}, deny: [127.0.0.1]}}',
  },
  matrix: {
    closed: everything,
    options:
      'paths: {semicolons: allow}\n    routes: {/: URL, /internal: {upstream: URL, allow: [10.0.0.0/8]}, /metrics: {upstream: URL, allow: [10.0.0.0/8]}, /internal/public: URL}',
  },
  preset: {
    closed: ['metrics'],
    options: 'preset: {name: rest-api, ports: {data: PORT}, metrics: {allow: [10.0.0.5]}}',
  },
  domino: {
    closed: ['metrics', 'health'],
    options:
      'preset: {name: domino-rest-api, ports: {data: PORT, metrics: PORT, health: PORT}, metrics: {allow: [10.0.0.5]}, health: {allow: [10.0.0.5]}}',
  },
} satisfies Readonly<Record<string, { closed: readonly string[]; options: string }>>;

/** What keepgate made of the shape `allow` when its guards held for one spelling alone. */
const oneSpelling = `upstream: URL
    raw: |
      location = /internal { allow 10.0.0.0/8; deny all; proxy_pass http://keepgate_SITE_127.0.0.1_PORT; }
      location /internal/ { allow 10.0.0.0/8; deny all; proxy_pass http://keepgate_SITE_127.0.0.1_PORT; }
      location = /metrics { allow 10.0.0.0/8; deny all; proxy_pass http://keepgate_SITE_127.0.0.1_PORT; }
      location /metrics/ { allow 10.0.0.0/8; deny all; proxy_pass http://keepgate_SITE_127.0.0.1_PORT; }`;

const everyShape: [string, string][] = [
  ...Object.entries(shapes).map(([shape, { options }]): [string, string] => [shape, options]),
  ['control', oneSpelling],
  ['admitted', shapes.child.options.replaceAll('10.0.0.0/8', '127.0.0.0/8')],
];
const portOf = (name: BackendName): number => 8100 + names.indexOf(name);
const sites = names.flatMap((name) =>
  everyShape.map(([shape, options]) => {
    const site = `${shape}-${name}`;
    const text = options
      .replaceAll('URL', `http://127.0.0.1:${portOf(name)}`)
      .replaceAll('PORT', String(portOf(name)))
      .replaceAll('SITE', site);
    return `  ${site}:\n    hosts: [${site}.example.com]\n    ${text}\n`;
  }),
);

const started = new Map<BackendName, Backend>();
beforeAll(async () => {
  await Promise.all(names.map(async (name) => started.set(name, await backends[name]())));
}, 120_000);
afterAll(async () => {
  await Promise.all(Array.from(started.values(), (backend) => backend.stop()));
});
const realBackends = () => new Map(names.map((name) => [`127.0.0.1:${portOf(name)}`, started.get(name)?.port ?? 0]));

const spellings = [...guardedSpellings, ...childSpellings];
const tested = suites.filter((_, index) => times(1, 0) === 1 || index === 0 || index === suites.length - 1);

describe.each(tested)('nginx of %s', (suite) => {
  const spec = `version: 1\nsites:\n${sites.join('')}`;
  const gate = gateFor(suite, spec, { allowRaw: true }, realBackends);
  const client = (site: string) => clientOf(gate(), site, `${site}.example.com`);

  describe.each(names)('before %s', (name) => {
    it.each(Object.entries(shapes))('guards every spelling: %s', async (shape, { closed }) => {
      const bodies = await http1Bodies(client(`${shape}-${name}`), spellings);
      const through = spellings.filter((_, index) => closed.includes(handler(bodies[index])));
      expect(through).toEqual([]);
    });

    it('would leak without that', async () => {
      const bodies = await http1Bodies(client(`control-${name}`), spellings);
      const through = spellings.filter((_, index) => everything.includes(handler(bodies[index])));
      console.log(name, through.length, through.join(' '));
      expect(through.length).toBeGreaterThan(0);
    });

    it('lets pass whom it should', async () => {
      const site = client(`admitted-${name}`);
      const paths = [
        '/',
        '/internal/stats',
        '/internal/public/stats',
        '/health/',
        '/INTERNAL',
        '/x%20y',
        '/a%2Fb',
        '/a//b',
      ];
      console.log(name, await http1Bodies(site, paths));
    });
  });

  it.each(['child', 'root', 'matrix'])('guards every spelling over HTTP/2 as well: %s', async (shape) => {
    for (const name of names) {
      const site = client(`${shape}-${name}`);
      const bodies = await http2Bodies(site, spellings);
      const { closed } = shapes[shape as keyof typeof shapes];
      expect(spellings.filter((_, index) => (closed as string[]).includes(handler(bodies[index])))).toEqual([]);
    }
  });
});

function handler(body = ''): string {
  return /^handler:(\w+)/.exec(body)?.[1] ?? '';
}
