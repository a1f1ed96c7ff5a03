/** One solver for each way of proving names, shared by all certificates: two listeners on port 80 would be in each other's way. */
import type { CertificateSettings } from '../certs/settings.ts';
import { chooseSolver, type SolverMachine } from './solvers/choose.ts';
import { oneAfterAnother } from './solvers/one-after-another.ts';
import type { Solver } from './solvers/solver.ts';

export interface Solvers {
  (settings: Pick<CertificateSettings, 'challenge' | 'names'>): Promise<{ solver: Solver; why: string }>;
  /** Gives back what they hold. */
  close(): Promise<void>;
}

/** @throws what `chooseSolver` does */
export function solverPool(machine: SolverMachine): Solvers {
  const open = new Map<string, Solver>();
  const choose = async ({ challenge, names }: Pick<CertificateSettings, 'challenge' | 'names'>) => {
    const chosen = await chooseSolver(challenge, names, machine);
    const { type, description } = chosen.solver;
    // For http-01 the description says which port or folder, however it came to be chosen.
    const id = type === 'http-01' ? description : JSON.stringify(challenge);
    const solver = open.get(id) ?? chosen.solver;
    open.set(id, solver);
    await solver.prepare?.(names);
    return { solver, why: chosen.why };
  };
  // To choose, port 80 is opened for a moment: another one that chose meanwhile would find it taken.
  const solvers = (settings: Parameters<Solvers>[0]) =>
    oneAfterAnother('choosing how to prove names', () => choose(settings));
  return Object.assign(solvers, {
    close: async () => {
      await Promise.all([...open.values()].map((solver) => solver.close?.()));
    },
  });
}
