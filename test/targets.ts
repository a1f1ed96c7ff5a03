import type { Target } from '../src/model/target.ts';

const debian = ['http_ssl_module', 'http_v2_module', 'http_realip_module'];

/** The nginx of four Debian releases, pinned: golden files must not change when a suite does. */
export const targets: Readonly<Record<'debian-11' | 'debian-12' | 'debian-13' | 'debian-14', Target>> = {
  'debian-11': { version: '1.18.0', openssl: '1.1.1w', modules: debian },
  'debian-12': { version: '1.22.1', openssl: '3.0.20', modules: debian },
  'debian-13': { version: '1.26.3', openssl: '3.5.9', modules: [...debian, 'http_v3_module'] },
  'debian-14': { version: '1.30.6', openssl: '3.6.5', modules: [...debian, 'http_v3_module'] },
};
