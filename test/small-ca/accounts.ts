/** RFC 8555, section 7.3. */
import { createHmac } from 'node:crypto';
import { type Answer, fieldsOf, type Handler, signerOf } from './answer.ts';
import { decoded, envelopeOf, type Fields, headerOf, jsonObject, type Signed, thumbprintOf } from './jws.ts';
import { Problem } from './problem.ts';
import { type Account, type Ca, newUrl, pathOf } from './records.ts';

export const newAccount: Handler = (ca, post) => {
  const { key } = post.signed;
  if (!key) throw new Problem(400, 'malformed', 'a new account is signed with jwk');
  const fields = fieldsOf(post) ?? {};
  const known = [...ca.accounts.values()].find(({ thumbprint }) => thumbprint === key.thumbprint);
  if (known?.status === 'deactivated') throw new Problem(401, 'unauthorized', 'the account is deactivated');
  if (known) return shown(known, 200);
  if (fields.onlyReturnExisting === true) throw new Problem(400, 'accountDoesNotExist', 'no account has this key');
  if (fields.termsOfServiceAgreed !== true) throw new Problem(403, 'userActionRequired', 'the terms must be agreed to');
  const contact = contactOf(fields);
  checkExternalAccount(ca, post.url, fields, key);
  const url = newUrl(ca, 'account', ca.accounts);
  const account: Account = { url, key: key.object, thumbprint: key.thumbprint, status: 'valid', contact };
  ca.accounts.set(pathOf(url), account);
  return shown(account, 201);
};

export const account: Handler = (_ca, post) => {
  const signer = signerOf(post);
  if (signer.url !== post.url) throw new Problem(403, 'unauthorized', 'it is another account');
  const fields = fieldsOf(post) ?? {};
  if (fields.status === 'deactivated') signer.status = 'deactivated';
  if (fields.contact !== undefined) signer.contact = contactOf(fields);
  return shown(signer, 200);
};

function shown({ url, status, contact }: Account, code: number): Answer {
  return { status: code, headers: { Location: url }, body: { status, contact } };
}

function contactOf({ contact = [] }: Fields): readonly string[] {
  if (!Array.isArray(contact)) throw new Problem(400, 'malformed', 'contact is a list');
  for (const url of contact) {
    if (!String(url).startsWith('mailto:')) throw new Problem(400, 'unsupportedContact', `${url} is no mailto URL`);
    if (!/^mailto:[^@\s,?]+@[^@\s,?]+\.[^@\s,?]+$/.test(url)) {
      throw new Problem(400, 'invalidContact', `${url} is no address of one person`);
    }
  }
  return contact;
}

/** RFC 8555, section 7.3.4. */
function checkExternalAccount(ca: Ca, url: string, fields: Fields, key: NonNullable<Signed['key']>): void {
  const known = ca.policy.externalAccounts;
  if (!known) return;
  if (fields.externalAccountBinding === undefined) {
    throw new Problem(403, 'externalAccountRequired', 'accounts are bound to external ones here');
  }
  const envelope = envelopeOf(fields.externalAccountBinding as Fields);
  const { alg, kid, nonce, url: signedFor } = headerOf(envelope);
  if (alg !== 'HS256' || nonce !== undefined || signedFor !== url) {
    throw new Problem(400, 'malformed', 'the binding has alg HS256, the URL of newAccount, and no nonce');
  }
  const macKey = known[String(kid)];
  if (macKey === undefined) throw new Problem(401, 'unauthorized', `there is no external account ${kid}`);
  const data = `${envelope.protected}.${envelope.payload}`;
  if (createHmac('sha256', Buffer.from(macKey, 'base64url')).update(data).digest('base64url') !== envelope.signature) {
    throw new Problem(401, 'unauthorized', 'the MAC of the binding is wrong');
  }
  if (thumbprintOf(jsonObject(decoded(envelope.payload))) !== key.thumbprint) {
    throw new Problem(400, 'malformed', 'the binding is for another key');
  }
}
