import type { AcmeOptions } from '../spec/types.gen.ts';

/** Whether certificates come from Let's Encrypt, whose limits are known, or from its staging CA, which has the same. */
export function isLetsEncrypt({ directory = 'letsencrypt' }: AcmeOptions): boolean {
  return directory.startsWith('letsencrypt') || directory.endsWith('.api.letsencrypt.org/directory');
}
