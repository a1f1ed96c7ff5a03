/** Private keys: making one, and saying of what kind one is. */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { KeyType } from './settings.ts';

const generate = promisify(generateKeyPair);

/** A new private key. RSA takes a while, which does not hold up anything else. */
export async function newKey(type: KeyType): Promise<KeyObject> {
  const [algorithm, size = ''] = type.split('-');
  const { privateKey } =
    algorithm === 'rsa'
      ? await generate('rsa', { modulusLength: Number(size) })
      : await generate('ec', { namedCurve: size.replace('p', 'P-') });
  return privateKey;
}

/** PKCS#8 as PEM, unencrypted: what the store and nginx hold. */
export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

const curves: Readonly<Record<string, string>> = { prime256v1: 'ec-p256', secp384r1: 'ec-p384' };

/** One of KeyType where it is one, else a name like those, of the curve or the algorithm. */
export function keyTypeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') return `rsa-${modulusLength}`;
  return curves[namedCurve ?? ''] ?? namedCurve ?? asymmetricKeyType ?? 'unknown';
}
