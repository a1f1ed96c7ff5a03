/** One line that says what is being done, on a terminal and only when it takes longer than a second. */
import type { Io } from './io.ts';

export interface Progress {
  say(step: string): void;
  end(): void;
}

export function progress({ stderr }: Io): Progress {
  if (!stderr.isTTY) return { say: () => undefined, end: () => undefined };
  const begun = Date.now();
  let latest = '';
  let shown = false;
  const draw = (): void => {
    if (Date.now() - begun < 1000) return;
    shown = true;
    stderr.write(`\r\x1b[2K${latest} … ${Math.round((Date.now() - begun) / 1000)} s`);
  };
  const timer = setInterval(draw, 250);
  timer.unref();
  return {
    say: (step) => {
      latest = step;
    },
    end: () => {
      clearInterval(timer);
      if (shown) stderr.write('\r\x1b[2K');
    },
  };
}
