// @ts-check
// What the documentation of acme-client shows, for many certificates: node plain-acme-client.mjs DIRECTORY PORT COUNT
// CONCURRENCY. Gets them all with one account and http-01 on PORT, and keeps nothing. Of its defaults, those are changed that
// would make it wait: its own look at port 80, and 5 s between two looks at the CA; and keys are EC as those of keepgate.
import { createServer } from 'node:http';
import process from 'node:process';
import acme from 'acme-client';

const [, , directoryUrl = '', port, count, concurrency] = process.argv;
const accountKey = await acme.crypto.createPrivateEcdsaKey();
const client = new acme.Client({ directoryUrl, accountKey, backoffMin: 250 });
await client.createAccount({ termsOfServiceAgreed: true });

const answers = new Map();
const server = createServer(({ url }, response) => response.end(answers.get(url)));
await new Promise((listening) => server.listen(Number(port), () => listening(undefined)));
const pathOf = (/** @type {string} */ token) => `/.well-known/acme-challenge/${token}`;

let next = 0;
const worker = async () => {
  while (next < Number(count)) {
    const name = `plain-${next++}.example.com`;
    const key = await acme.crypto.createPrivateEcdsaKey();
    const [, csr] = await acme.crypto.createCsr({ altNames: [name] }, key);
    await client.auto({
      csr,
      termsOfServiceAgreed: true,
      skipChallengeVerification: true,
      challengePriority: ['http-01'],
      challengeCreateFn: async (_, { token }, keyAuthorization) => answers.set(pathOf(token), keyAuthorization),
      challengeRemoveFn: async (_, { token }) => answers.delete(pathOf(token)),
    });
  }
};
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
process.exit();
