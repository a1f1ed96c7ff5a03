import { createPrivateKey, X509Certificate } from 'node:crypto';
import acme from 'acme-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SmallCa, startSmallCa } from './start.ts';
import { newCsr, newKey, type Reply, type TinyClient, tinyClient, type Wrong } from './tiny-client.ts';

let ca: SmallCa;
let client: TinyClient;

beforeEach(async () => {
  ca = await startSmallCa({ now: () => new Date('2027-03-01T12:00:00Z') });
  client = tinyClient(ca);
  await client.register();
});

afterEach(async () => {
  client.close();
  await ca.stop();
});

const refusal = ({ status, json }: Reply) =>
  `${status} ${String(json.type).replace('urn:ietf:params:acme:error:', '')}`;
const order = { identifiers: [{ type: 'dns', value: 'a.example.com' }] };

describe('the envelope', () => {
  it.each<{ what: string; wrong: Wrong; answer: string }>([
    { what: 'a nonce of nobody', wrong: { nonce: 'AAAA' }, answer: '400 badNonce' },
    { what: 'another URL', wrong: { url: 'https://localhost/new-order' }, answer: '401 unauthorized' },
    { what: 'another key', wrong: { key: newKey() }, answer: '400 malformed' },
    { what: 'jwk in place of kid', wrong: { jwk: true }, answer: '400 malformed' },
    { what: 'an unknown account', wrong: { kid: 'https://localhost/account/99' }, answer: '400 accountDoesNotExist' },
    { what: 'an algorithm of another key', wrong: { alg: 'RS256' }, answer: '400 badSignatureAlgorithm' },
    { what: 'another content type', wrong: { contentType: 'application/json' }, answer: '415 malformed' },
  ])('is refused with $what, and nothing is done', async ({ wrong, answer }) => {
    expect(refusal(await client.post(`${client.base}/new-order`, order, wrong))).toBe(answer);
    expect(ca.orders).toBe(0);
    // The answer brought a good nonce along.
    expect((await client.post(`${client.base}/new-order`, order)).status).toBe(201);
  });

  it('is refused with a nonce that was used', async () => {
    const nonce = client.nonce ?? '';
    expect((await client.post(`${client.base}/new-order`, order, { nonce })).status).toBe(201);
    expect(refusal(await client.post(`${client.base}/new-order`, order, { nonce }))).toBe('400 badNonce');
  });

  it('is refused when the CA forgot its nonces', async () => {
    ca.forgetNonces();
    expect(refusal(await client.post(`${client.base}/new-order`, order))).toBe('400 badNonce');
  });
});

describe('accounts', () => {
  const register = async (fields: object) => {
    const other = tinyClient(ca);
    const reply = await other.register(fields);
    other.close();
    return reply.status < 300 ? String(reply.status) : refusal(reply);
  };

  it.each([
    { fields: {}, answer: '403 userActionRequired' },
    { fields: { onlyReturnExisting: true }, answer: '400 accountDoesNotExist' },
    { fields: { termsOfServiceAgreed: true, contact: ['tel:1'] }, answer: '400 unsupportedContact' },
    { fields: { termsOfServiceAgreed: true, contact: ['mailto:nobody'] }, answer: '400 invalidContact' },
    { fields: { termsOfServiceAgreed: true, contact: ['mailto:it@example.com'] }, answer: '201' },
  ])('$fields: $answer', async ({ fields, answer }) => {
    expect(await register(fields)).toBe(answer);
  });

  it('are found by their key, and are over when deactivated', async () => {
    const first = await client.register({ onlyReturnExisting: true });
    expect(first.status).toBe(200);
    expect((await client.post(String(first.headers.location), { status: 'deactivated' })).json.status).toBe(
      'deactivated',
    );
    expect(refusal(await client.post(`${client.base}/new-order`, order))).toBe('401 unauthorized');
  });

  it('keep what is theirs to themselves', async () => {
    const { url } = await client.issue(['a.example.com']);
    const other = tinyClient(ca);
    await other.register();
    expect(refusal(await other.post(url, ''))).toBe('403 unauthorized');
    expect(refusal(await other.post(ca.issued[0]?.url ?? '', ''))).toBe('403 unauthorized');
    other.close();
  });

  it('are bound to external ones where the CA wants that', async () => {
    ca.policy.externalAccounts = { kid1: Buffer.alloc(32, 7).toString('base64url') };
    expect(await register({ termsOfServiceAgreed: true })).toBe('403 externalAccountRequired');
    const binding = async (kid: string, fill: number) => {
      acme.axios.defaults.httpsAgent = client.agent;
      const accountKey = await acme.crypto.createPrivateEcdsaKey();
      const hmacKey = Buffer.alloc(32, fill).toString('base64url');
      const externalAccountBinding = { kid, hmacKey };
      return new acme.Client({ directoryUrl: ca.directoryUrl, accountKey, externalAccountBinding }).createAccount({
        termsOfServiceAgreed: true,
      });
    };
    await expect(binding('kid1', 7)).resolves.toMatchObject({ status: 'valid' });
    await expect(binding('kid1', 8)).rejects.toThrow('MAC');
    await expect(binding('kid2', 7)).rejects.toThrow('no external account');
  });
});

describe('orders', () => {
  it.each([
    { identifiers: [], answer: '400 malformed' },
    { identifiers: [{ type: 'email', value: 'a@example.com' }], answer: '400 unsupportedIdentifier' },
    { identifiers: [{ type: 'dns', value: 'localhost' }], answer: '400 rejectedIdentifier' },
    { identifiers: [{ type: 'dns', value: '192.0.2.1' }], answer: '400 rejectedIdentifier' },
    { identifiers: [{ type: 'ip', value: 'example.com' }], answer: '400 rejectedIdentifier' },
    {
      identifiers: ['a.example.com', '*.example.com'].map((value) => ({ type: 'dns', value })),
      answer: '400 malformed',
    },
  ])('for $identifiers are refused', async ({ identifiers, answer }) => {
    expect(refusal(await client.post(`${client.base}/new-order`, { identifiers }))).toBe(answer);
  });

  it('for forbidden names say which', async () => {
    ca.policy.forbidden = ['a.example.com'];
    const { json } = await client.post(`${client.base}/new-order`, order);
    expect(json.subproblems).toMatchObject([{ identifier: { value: 'a.example.com' } }]);
  });

  it('for the same names are one, as long as it is not finalized', async () => {
    const first = await client.post(`${client.base}/new-order`, order);
    const again = await client.post(`${client.base}/new-order`, order);
    expect(again.headers.location).toBe(first.headers.location);
    ca.policy.reuseOrders = false;
    const third = await client.post(`${client.base}/new-order`, order);
    expect(third.headers.location).not.toBe(first.headers.location);
  });

  it('are finalized only when all challenges are met', async () => {
    const { json } = await client.post(`${client.base}/new-order`, order);
    const csr = (await newCsr(['a.example.com'])).toString('base64url');
    expect(refusal(await client.post(String(json.finalize), { csr }))).toBe('403 orderNotReady');
  });

  it('offer only dns-01 for a wildcard, and no dns-01 for an address', async () => {
    const identifiers = [
      { type: 'dns', value: '*.example.com' },
      { type: 'ip', value: '192.0.2.1' },
    ];
    const { json } = await client.post(`${client.base}/new-order`, { identifiers });
    const types = [];
    for (const url of json.authorizations as unknown as string[]) {
      const authorization = (await client.post(url, '')).json as unknown as { challenges: { type: string }[] };
      types.push(authorization.challenges.map(({ type }) => type));
    }
    expect(types).toEqual([['dns-01'], ['http-01', 'tls-alpn-01']]);
  });
});

describe('the certification request', () => {
  const csrs: { what: string; make: () => Promise<Buffer> }[] = [
    { what: 'another name', make: () => newCsr(['b.example.com']) },
    { what: 'one name more', make: () => newCsr(['a.example.com', 'b.example.com']) },
    { what: 'no DER', make: async () => Buffer.from('hello') },
    { what: 'a changed byte', make: () => newCsr(['a.example.com']).then(withLastByteChanged) },
    {
      what: 'the key of the account',
      make: () => newCsr(['a.example.com'], client.key.export({ type: 'pkcs8', format: 'pem' }).toString()),
    },
    {
      what: 'a key of 1024 bits',
      make: async () => newCsr(['a.example.com'], (await acme.crypto.createPrivateRsaKey(1024)).toString()),
    },
  ];

  it.each(csrs)('with $what is refused, and the order stays ready', async ({ make }) => {
    const { url, finalize } = await client.readyOrder(['a.example.com']);
    const csr = (await make()).toString('base64url');
    expect(refusal(await client.post(finalize, { csr }))).toBe('400 badCSR');
    expect(ca.issued).toEqual([]);
    expect((await client.post(url, '')).json.status).toBe('ready');
  });

  const withLastByteChanged = (csr: Buffer): Buffer => {
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
    return csr;
  };
});

describe('revocation', () => {
  const der = (pem: string) => new X509Certificate(pem).raw.toString('base64url');

  it('by the account, once, with a reason that a subscriber may give', async () => {
    const { pem } = await client.issue(['a.example.com']);
    const url = `${client.base}/revoke`;
    expect(refusal(await client.post(url, { certificate: der(pem), reason: 2 }))).toBe('400 badRevocationReason');
    expect((await client.post(url, { certificate: der(pem), reason: 1 })).status).toBe(200);
    expect(ca.issued[0]?.revoked).toMatchObject({ reason: 1, by: 'account' });
    expect(refusal(await client.post(url, { certificate: der(pem) }))).toBe('400 alreadyRevoked');
  });

  it('by the certificate’s key, and by no other key or account', async () => {
    const key = (await acme.crypto.createPrivateEcdsaKey()).toString();
    const { finalize } = await client.readyOrder(['a.example.com']);
    await client.post(finalize, { csr: (await newCsr(['a.example.com'], key)).toString('base64url') });
    const certificate = der(ca.issued[0]?.certificate ?? '');
    const url = `${client.base}/revoke`;
    const other = tinyClient(ca);
    await other.register();
    expect(refusal(await other.post(url, { certificate }))).toBe('403 unauthorized');
    expect(refusal(await other.post(url, { certificate }, { jwk: true, key: newKey() }))).toBe('403 unauthorized');
    expect((await other.post(url, { certificate }, { jwk: true, key: createPrivateKey(key) })).status).toBe(200);
    expect(ca.issued[0]?.revoked?.by).toBe('certificate key');
    other.close();
  });
});
