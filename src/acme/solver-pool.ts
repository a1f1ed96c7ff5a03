/** One solver for each way of proving names, shared by all certificates: two listeners on port 80 would be in each other's way. */
import type { CertificateSettings } from '../certs/settings.ts';
import { chooseSolver, type SolverMachine } from './solvers/choose.ts';
import type { Solver } from './solvers/solver.ts';

export interface Solvers {
  (settings: Pick<CertificateSettings, 'challenge' | 'names'>): Promise<{ solver: Solver; why: string }>;
  /** Gives back what they hold. */
  close(): Promise<void>;
}

/** @throws what `chooseSolver` does */
export function solverPool(machine: SolverMachine): Solvers {
  const open = new Map<string, Solver>();
  const solvers = async ({ challenge, names }: Pick<CertificateSettings, 'challenge' | 'names'>) => {
    const chosen = await chooseSolver(challenge, names, machine);
    const id = JSON.stringify([chosen.solver.type, chosen.solver.description, challenge]);
    const solver = open.get(id) ?? chosen.solver;
    open.set(id, solver);
    await solver.prepare?.(names);
    return { solver, why: chosen.why };
  };
  return Object.assign(solvers, {
    close: async () => {
      await Promise.all([...open.values()].map((solver) => solver.close?.()));
    },
  });
}
