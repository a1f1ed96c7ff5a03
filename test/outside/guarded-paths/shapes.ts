/** Sites with guards: each as options of a site, where URL and PORT are those of the backend, and whom they keep out. */

export interface Shape {
  /** The handlers that nobody reaches who comes from 127.0.0.1 and knows no password. */
  readonly closed: readonly string[];
  /** Paths that everybody reaches, with the handler that answers: without them a site that answers nothing would do. */
  readonly open: Readonly<Record<string, string>>;
  readonly options: string;
}

const both = ['internal', 'metrics'];
const allButHealth = [...both, 'root', 'public'];
const guarded = (guard: string) => `/internal: {upstream: URL, ${guard}}, /metrics: {upstream: URL, ${guard}}`;
const root = { '/': 'root' };
const health = { '/health/': 'health' };
const child = { ...root, '/internal/public/': 'public' };
const allow = guarded('allow: [10.0.0.0/8]');

export function shapesWith(userFile: string): Readonly<Record<string, Shape>> {
  return {
    child: { closed: both, open: child, options: `routes: {/: URL, ${allow}, /internal/public: URL}` },
    root: {
      closed: allButHealth,
      open: health,
      options: 'routes: {/: {upstream: URL, allow: [10.0.0.0/8]}, /health: URL}',
    },
    matrix: {
      closed: both,
      open: child,
      options: `paths: {semicolons: allow}\n    routes: {/: URL, ${allow}, /internal/public: URL}`,
    },
    allow: { closed: both, open: root, options: `routes: {/: URL, ${allow}}` },
    deny: { closed: both, open: root, options: `routes: {/: URL, ${guarded('deny: [127.0.0.0/8]')}}` },
    password: {
      closed: both,
      open: root,
      options: `routes: {/: URL, ${guarded(`basicAuth: {userFile: ${userFile}}`)}}`,
    },
    beside: {
      closed: both,
      open: { ...health, '/x/y': 'root' },
      options: `routes: {/x: URL, /a: URL, /health: URL, ${allow}}`,
    },
    site: {
      closed: allButHealth,
      open: health,
      options: 'upstream: URL\n    allow: [10.0.0.0/8]\n    routes: {/health: {upstream: URL, allow: [127.0.0.1]}}',
    },
    exact: {
      closed: ['metrics'],
      open: { ...root, '/internal/': 'internal' },
      options: 'routes: {/: URL, "= /metrics": {upstream: URL, allow: [10.0.0.0/8]}}',
    },
    'open-exact': {
      closed: both,
      open: child,
      options: `routes: {/: URL, ${allow}, "= /internal/public": URL, "= /internal/public/": URL}`,
    },
    regex: {
      closed: both,
      open: root,
      options: `routes: {/: URL, '~ ^/internal(/|$)': {upstream: URL, allow: [10.0.0.0/8]}, '~ ^/metrics$': {upstream: URL, deny: [127.0.0.1]}}`,
    },
    'beside-regex': {
      closed: both,
      open: { ...root, ...health },
      options: String.raw`routes: {/: URL, ${allow}, '~ \.json$': URL, '~ stats': URL}`,
    },
    // A route that answers with an error hides what the backend has there.
    refused: {
      closed: both,
      open: root,
      options: 'upstream: URL\n    routes: {/internal: {respond: {status: 403}}, /metrics: {respond: {status: 404}}}',
    },
    answered: {
      closed: both,
      open: root,
      options:
        'upstream: URL\n    routes: {/internal: {respond: {body: x}, allow: [10.0.0.0/8]}, /metrics: {redirect: {to: /new}, deny: [127.0.0.1]}}',
    },
    preset: {
      closed: ['metrics'],
      open: root,
      options: 'preset: {name: rest-api, ports: {data: PORT}, metrics: {allow: [10.0.0.5]}}',
    },
    domino: {
      closed: ['metrics', 'health'],
      open: root,
      options:
        'preset: {name: domino-rest-api, ports: {data: PORT, metrics: PORT, health: PORT}, metrics: {allow: [10.0.0.5]}, health: {allow: [10.0.0.5]}}',
    },
  };
}

/** The shape `allow` as it was when a guard held for one spelling alone. */
export const oneSpelling = `upstream: URL
    raw: |
${['/internal', '/metrics']
  .flatMap((path) => [`= ${path}`, `${path}/`])
  .map(
    (path) =>
      `      location ${path} { allow 10.0.0.0/8; deny all; proxy_pass http://keepgate_SITE_127.0.0.1_PORT; }\n`,
  )
  .join('')}`;

/** The shape `child`, for a client whom it lets in. */
export const admitting = `routes: {/: URL, ${guarded('allow: [127.0.0.0/8]')}, /internal/public: URL}`;
