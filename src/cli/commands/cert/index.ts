/** The commands behind `keepgate cert`, in the order of a certificate's life. */
import type { Entry } from '../index.ts';

export const entries: readonly Entry[] = [
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
