import { type Resolved, resolve } from '../../src/model/resolve.ts';
import type { Target } from '../../src/model/target.ts';
import { load } from './load.ts';

const modules = ['http_ssl_module', 'http_v2_module', 'http_v3_module'];
export const targets = {
  bullseye: { version: '1.18.0', openssl: '1.1.1w', modules },
  bookworm: { version: '1.22.1', openssl: '3.0.15', modules },
  trixie: { version: '1.26.3', openssl: '3.5.1', modules },
  forky: { version: '1.30.0', openssl: '3.6.0', modules },
} satisfies Record<string, Target>;

/** What a valid spec, without its `version: 1`, becomes for a target. */
export function resolved(text: string, target: Target = targets.trixie): Resolved {
  const { spec, places } = load(text);
  return resolve(spec, places, { target, layout: 'debian', allowRaw: false });
}
