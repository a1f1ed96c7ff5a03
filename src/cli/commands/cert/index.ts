/** The commands behind `keepgate cert`. */
import type { Command } from '../../command.ts';
import type { Entry } from '../index.ts';
import { withErrorDocument } from './with-error-document.ts';

/** In the order of a certificate's life. */
const all: readonly Entry[] = [
  {
    name: 'issue',
    operands: ['spec..'],
    describe: "get certificates: those of a spec's sites, or one for --host",
    load: () => import('./issue.ts'),
  },
  {
    name: 'renew',
    operands: ['name..'],
    describe: 'renew those whose time has come',
    load: () => import('./renew.ts'),
  },
  {
    name: 'prepare',
    operands: ['spec..'],
    describe: "self-signed stand-ins for certificates that don't exist yet",
    load: () => import('./prepare.ts'),
  },
  {
    name: 'import',
    operands: ['file..'],
    describe: 'enter a certificate from an IT department: PEM, PFX or P7B',
    load: () => import('./import.ts'),
  },
  {
    name: 'csr',
    operands: ['host..'],
    describe: 'a key, and the request for a CA of your own',
    load: () => import('./csr.ts'),
  },
  {
    name: 'export',
    operands: ['name'],
    describe: 'write one as PEM, PFX or JKS, for a server with TLS of its own',
    load: () => import('./export.ts'),
  },
  {
    name: 'revoke',
    operands: ['name'],
    describe: 'tell the CA that a certificate must not be trusted any more',
    load: () => import('./revoke.ts'),
  },
  {
    name: 'list',
    operands: ['spec..'],
    describe: 'what is in the store, and when it is renewed',
    load: () => import('./list.ts'),
  },
  { name: 'show', operands: ['name'], describe: 'all about one certificate', load: () => import('./show.ts') },
  {
    name: 'timer',
    operands: ['spec..'],
    describe: 'print or install a systemd timer that renews',
    load: () => import('./timer.ts'),
  },
];

export const entries: readonly Entry[] = all.map((entry) => ({
  ...entry,
  load: async () => ({ command: withErrorDocument((await entry.load()).command as Command<unknown>) }),
}));
