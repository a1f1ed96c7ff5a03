/** http-01 through a web server that is there already: the answer is a file. */
import { closeSync, constants, fstatSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { sweep } from '../../files/durable.ts';
import { Staging } from '../../files/staging.ts';
import { inChallengeFolder } from './challenge-folder.ts';
import { checkedToken } from './http-path.ts';
import type { Challenge, Solver } from './solver.ts';

/** What is younger may be another run's that is just being written: stores share the folder that nginx serves. */
const minute = 60_000;

/**
 * Writes ROOT/.well-known/acme-challenge/TOKEN (RFC 8555 §8.3), folders 0755 and file 0644, whole or not at all. A link
 * that somebody planted is replaced, never followed; what is not as we wrote it is not removed.
 * @param root absolute path of a folder that a web server serves on port 80
 */
export function httpWebroot(root: string): Solver {
  return {
    type: 'http-01',
    description: `http-01 through files below ${root}`,
    // The folder is a link in /proc: the dot, which join would drop, leads through it.
    prepare: async () => inChallengeFolder(root, (folder) => sweep(`${folder}/.`, { age: minute })),
    present: async (challenge, signal) => {
      signal?.throwIfAborted();
      const token = checkedToken(challenge.token);
      inChallengeFolder(root, (folder) => write(join(folder, token), challenge.keyAuthorization));
    },
    cleanUp: async (challenge) => {
      const token = checkedToken(challenge.token);
      inChallengeFolder(root, (folder) => remove(join(folder, token), challenge));
    },
  };
}

function write(place: string, text: string): void {
  const staging = new Staging();
  try {
    staging.file(place, text);
    staging.commit([place]);
  } finally {
    staging.discard();
  }
}

function remove(place: string, { keyAuthorization }: Challenge): void {
  if (contentsOf(place) === keyAuthorization) unlinkSync(place);
}

function contentsOf(place: string): string | undefined {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number;
  try {
    descriptor = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined; // gone, a link, or not ours to read
  }
  try {
    const stats = fstatSync(descriptor);
    return stats.isFile() && stats.size < 10_000 ? readFileSync(descriptor, 'utf8') : undefined;
  } finally {
    closeSync(descriptor);
  }
}
