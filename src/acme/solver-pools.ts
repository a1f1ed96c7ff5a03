/** Solvers that ask the name server that a certificate's settings name. */
import type { CertificateSettings } from '../certs/settings.ts';
import { type Solvers, solverPool } from './solver-pool.ts';
import type { SolverMachine } from './solvers/choose.ts';

/**
 * `resolver` (`host:port`) goes before what the settings say. All but dns-01, which alone asks a name server, share one pool.
 * @throws what `chooseSolver` does
 */
export function solverPools(machine: Omit<SolverMachine, 'dns'>, resolver: string | undefined): Solvers {
  const pools = new Map<string | undefined, Solvers>();
  const solvers = (settings: Pick<CertificateSettings, 'challenge' | 'names' | 'resolver'>) => {
    const { challenge } = settings;
    const overDns = typeof challenge === 'object' && 'dns-01' in challenge;
    const asked = resolver ?? (overDns ? settings.resolver : undefined);
    const pool = pools.get(asked) ?? solverPool({ ...machine, dns: { resolver: asked } });
    pools.set(asked, pool);
    return pool(settings);
  };
  return Object.assign(solvers, {
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  });
}
