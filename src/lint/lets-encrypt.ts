import type { AcmeOptions } from '../spec/types.gen.ts';

/** Whether certificates come from Let's Encrypt, whose limits are known, or from its staging CA, which has the same. */
export function isLetsEncrypt({ directory = 'letsencrypt' }: AcmeOptions): boolean {
  return directory.startsWith('letsencrypt') || directory.endsWith('.api.letsencrypt.org/directory');
}

/** Whether certificates come from a CA that browsers trust; of one that is given by its URL nothing is known. */
export function isPublicCa(acme: AcmeOptions): boolean {
  return isLetsEncrypt(acme) || !acme.directory?.startsWith('https://');
}
