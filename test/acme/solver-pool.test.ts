import { expect, it } from 'vitest';
import { solverPool } from '../../src/acme/solver-pool.ts';
import { freePorts } from '../../src/verify/ports.ts';

it('several certificates at once share the one server on a port that nothing has', async () => {
  const [port = 0] = await freePorts(1);
  const solvers = solverPool({ challengeRoot: '/nowhere/challenges', port });
  try {
    const choices = ['http-01', undefined, { standalone: { port } }, 'http-01', { standalone: { port } }] as const;
    const chosen = await Promise.all(
      choices.map((challenge, number) =>
        solvers({ names: [`n${number}.example.com`], ...(challenge && { challenge }) }),
      ),
    );
    const all = new Set(chosen.map(({ solver }) => solver));
    expect([...all].map(({ description }) => description)).toEqual([
      `http-01 through a web server of our own on port ${port}`,
    ]);
  } finally {
    await solvers.close();
  }
});

it('one that can not be proven keeps no other from it', async () => {
  const [port = 0] = await freePorts(1);
  const solvers = solverPool({ challengeRoot: '/nowhere/challenges', port });
  try {
    const wildcard = solvers({ names: ['*.example.com'] });
    const plain = solvers({ names: ['api.example.com'] });
    await expect(wildcard).rejects.toMatchObject({ diagnostic: { code: 'wildcard-needs-dns' } });
    expect((await plain).solver.type).toBe('http-01');
  } finally {
    await solvers.close();
  }
});
