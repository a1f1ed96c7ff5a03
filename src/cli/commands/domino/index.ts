/** The commands behind `keepgate domino`. */
import type { Entry } from '../index.ts';

export const entries: readonly Entry[] = [
  {
    name: 'tls',
    operands: ['name'],
    describe: "the REST API's own TLS: its overlay in keepconfig.d, and KeepManagementURL in notes.ini",
    load: () => import('./tls.ts'),
  },
  {
    name: 'proxy',
    operands: ['spec..'],
    describe: 'what the REST API has to know of the proxy that a spec describes',
    load: () => import('./proxy.ts'),
  },
  {
    name: 'doctor',
    operands: ['spec..'],
    describe: 'what is wrong with ports, certificate and settings of a running REST API',
    load: () => import('./doctor.ts'),
  },
];
