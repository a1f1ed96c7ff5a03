import type { Ca } from './records.ts';

/** RFC 8555, section 7.1.1. */
export function directory({ base, policy }: Ca): object {
  const profiles = Object.entries(policy.profiles ?? {}).map(([name, { description }]) => [name, description]);
  return {
    newNonce: `${base}/new-nonce`,
    newAccount: `${base}/new-account`,
    newOrder: `${base}/new-order`,
    revokeCert: `${base}/revoke`,
    ...(policy.ari === 'none' ? {} : { renewalInfo: `${base}/renewal-info` }),
    meta: {
      termsOfService: `${base}/terms`,
      website: `${base}/`,
      externalAccountRequired: policy.externalAccounts !== undefined,
      ...(policy.profiles ? { profiles: Object.fromEntries(profiles) } : {}),
    },
  };
}
