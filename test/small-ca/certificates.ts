/** Downloads, with the flaws that they may have (RFC 8555, section 7.4.2). */
import { generateKeyPairSync } from 'node:crypto';
import type { Handler } from './answer.ts';
import { mustBeGet, owned } from './answer.ts';
import type { SpecialFaults } from './faults.ts';
import { Problem } from './problem.ts';
import { type Ca, type IssuedCertificate, pathOf } from './records.ts';

export const certificate: Handler = (ca, post) => {
  const [, path, chain = 0] = /^(\/certificate\/\d+)(?:\/(\d+))?$/.exec(post.path) ?? [];
  const issued = owned(
    ca.issued.find(({ url }) => pathOf(url) === path),
    post,
  );
  mustBeGet(post);
  const intermediate = ca.authorities.intermediates[Number(chain)];
  if (!intermediate) throw new Problem(404, 'malformed', `there is no chain ${chain}`);
  const urls = ca.authorities.intermediates.map((_, index) => (index === 0 ? issued.url : `${issued.url}/${index}`));
  const others = urls.filter((_, index) => index !== Number(chain));
  const flaw = post.fault?.fault === 'certificate' ? post.fault.flaw : undefined;
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/pem-certificate-chain',
      Link: others.map((url) => `<${url}>;rel="alternate"`),
    },
    body: chainText(ca, issued, intermediate, flaw),
  };
};

function chainText(
  ca: Ca,
  issued: IssuedCertificate,
  intermediate: string,
  flaw: SpecialFaults['certificate']['flaw'] | undefined,
): string {
  const { publicKey, names, notBefore, notAfter } = issued;
  const forged = (fields: Partial<IssuedCertificate>) =>
    ca.authorities.sign({ publicKey, names, notBefore, notAfter, ...fields }) + intermediate;
  switch (flaw) {
    case 'other-key':
      return forged({ publicKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey });
    case 'lacks-name':
      return forged({ names: names.length > 1 ? names.slice(0, -1) : ['other.example'] });
    case 'expired': {
      const yesterday = ca.now().getTime() - 86_400_000;
      const lifetime = notAfter.getTime() - notBefore.getTime();
      return forged({ notBefore: new Date(yesterday - lifetime), notAfter: new Date(yesterday) });
    }
    case 'empty':
      return '';
    case 'leaf-only':
      return issued.certificate;
    case 'backwards':
      return intermediate + issued.certificate;
    case undefined:
      return issued.certificate + intermediate;
  }
}
