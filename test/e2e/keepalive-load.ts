/** Clients that keep their connections and never try a request again, unless they are told to. */
import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';

export interface LoadOptions {
  readonly port: number;
  readonly servername: string;
  /** PEM. */
  readonly ca: string;
  /** How many send one request after the other, and how many pause for some milliseconds between two. */
  readonly busy: number;
  readonly pausing: number;
  /** Whether what fails on a kept connection is sent once more, as RFC 9110, 9.2.2 allows for GET. */
  readonly retries?: boolean;
}

export interface Load {
  /** Requests answered with 200 so far. */
  readonly answered: number;
  readonly connections: number;
  readonly retried: number;
  /** What went wrong, one line each. */
  readonly failures: readonly string[];
  /** Resolves when that many have been answered since the start, or one has failed. */
  until(count: number): Promise<void>;
  /** Resolves when the last answers are there. */
  stop(): Promise<void>;
}

export function startLoad({ port, servername, ca, busy, pausing, retries = false }: LoadOptions): Load {
  const failures: string[] = [];
  const sockets = new Set<unknown>();
  let answered = 0;
  let retried = 0;
  let going = true;

  const once = (agent: Agent): Promise<void> =>
    new Promise<void>((resolve) => {
      const fail = (what: string) => {
        failures.push(`request ${answered + failures.length + 1}: ${what}`);
        resolve();
      };
      const options = { host: '127.0.0.1', port, servername, ca, agent, headers: { host: servername } };
      const sent = request(options, (response) => {
        response.on('error', ({ message }) => fail(message));
        response.on('end', () => {
          if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
          answered++;
          resolve();
        });
        response.resume();
      });
      sent.on('socket', (socket) => sockets.add(socket));
      sent.on('error', ({ message }) => {
        if (!retries || !sent.reusedSocket)
          return fail(`${message}${sent.reusedSocket ? ' on a kept connection' : ''}`);
        retried++;
        resolve(once(agent));
      });
      sent.end();
    });
  const client = async (pause: () => number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (going) {
      await once(agent);
      const milliseconds = pause();
      if (milliseconds > 0) await delay(milliseconds);
    }
    agent.destroy();
  };
  const clients = [
    ...Array.from({ length: busy }, () => client(() => 0)),
    ...Array.from({ length: pausing }, () => client(() => 5 + Math.random() * 50)),
  ];
  return {
    failures,
    get answered() {
      return answered;
    },
    get retried() {
      return retried;
    },
    get connections() {
      return sockets.size;
    },
    async until(count) {
      while (answered < count && failures.length === 0) await delay(5);
    },
    async stop() {
      going = false;
      await Promise.all(clients);
    },
  };
}
