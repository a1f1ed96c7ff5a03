/** The commands behind `keepgate cert`, in the order of a certificate's life. */
import type { Entry } from '../index.ts';

export const entries: readonly Entry[] = [];
