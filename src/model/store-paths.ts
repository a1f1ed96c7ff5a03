/** Where certificates and challenges lie: the spec alone decides it, whoever renders. */

/** http-01 challenges are served from outside the store, which nginx's workers can't enter. */
export const challengeRoot = '/var/lib/keepgate-acme';

/** The files of a certificate in the store: behind one symbolic link, so that the pair changes at once. */
export function certificateFiles(store: string, name: string): { certificate: string; key: string } {
  return { certificate: `${store}/live/${name}/fullchain.pem`, key: `${store}/live/${name}/privkey.pem` };
}
