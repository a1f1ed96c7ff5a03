import type { Target } from './target.ts';

/** What a distribution's nginx has, and a target of which no modules are named is taken to have. */
const usual = ['http_ssl_module', 'http_v2_module', 'http_realip_module'];

/** A target as it stands in a spec: the version and the OpenSSL, and what makes this nginx another than the usual ones. */
export function pinnedTarget({ version, openssl, modules = usual, without = [], fork }: Target): string {
  const known = [...usual, 'http_v3_module'].filter((name) => modules.includes(name));
  const missing = without.filter((name) => name.startsWith('http'));
  const isUsual = missing.length === 0 && usual.every((name) => known.includes(name));
  const parts = [
    `version: "${version}"`,
    `openssl: "${openssl}"`,
    ...(fork === undefined ? [] : [`fork: ${fork}`]),
    ...(isUsual ? [] : [`modules: [${known.join(', ')}]`]),
    ...(missing.length === 0 ? [] : [`without: [${missing.join(', ')}]`]),
  ];
  return `{${parts.join(', ')}}`;
}
