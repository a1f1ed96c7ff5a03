// @ts-check
/** The nginx that the benchmarks render for: Debian 12's. */
export const target = { version: '1.22.1', openssl: '3.0.15', modules: [] };
