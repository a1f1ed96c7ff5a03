/** One line that says what is being done, on a terminal and only when it takes longer than a second. */
import type { Io } from './io.ts';

export interface Progress {
  say(step: string): void;
  /** Keeps the line away while something else uses the terminal. */
  aside<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
}

export function progress({ stderr }: Io): Progress {
  if (!stderr.isTTY) return { say: () => undefined, aside: (work) => work(), end: () => undefined };
  const begun = Date.now();
  let latest = '';
  let shown = false;
  let held = 0;
  const draw = (): void => {
    if (held > 0 || Date.now() - begun < 1000) return;
    shown = true;
    stderr.write(`\r\x1b[2K${fitting(latest, stderr.columns)} … ${Math.round((Date.now() - begun) / 1000)} s`);
  };
  const wipe = (): void => {
    if (shown) stderr.write('\r\x1b[2K');
    shown = false;
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    say: (step) => {
      latest = step;
    },
    aside: async (work) => {
      held++;
      wipe();
      try {
        return await work();
      } finally {
        held--;
      }
    },
    end: () => {
      clearInterval(timer);
      wipe();
    },
  };
}

/** A line that wraps could not be wiped; ten columns are for the seconds. */
function fitting(text: string, columns: number | undefined): string {
  const room = Math.max(20, (columns || 80) - 10);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}
