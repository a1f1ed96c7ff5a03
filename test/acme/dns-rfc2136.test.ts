import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dnsRfc2136 } from '../../src/acme/solvers/dns-rfc2136.ts';
import type { Challenge } from '../../src/acme/solvers/solver.ts';
import { freePorts } from '../../src/verify/ports.ts';
import { algorithms, type Bind, startBind } from './bind.ts';
import { challengeFor } from './challenge.ts';

let bind: Bind;
beforeAll(async () => {
  bind = await startBind({
    'example.test': `api A 127.0.0.1
_acme-challenge.delegated CNAME delegated.validation.test.
_acme-challenge.far CNAME far.elsewhere.test.
_acme-challenge.ring CNAME _acme-challenge.ring2
_acme-challenge.ring2 CNAME _acme-challenge.ring
${Array.from({ length: 30 }, (_, n) => `_acme-challenge.huge TXT "${n}${'y'.repeat(200)}"`).join('\n')}`,
    'validation.test': '',
  });
});
afterAll(() => bind?.stop());

const solverFor = (
  given: { zone?: string; keyFile?: string; server?: string; now?: () => Date; timeLimit?: number } = {},
) => {
  const { zone = 'example.test', keyFile = bind.keyFiles['hmac-sha256'], server = bind.server, ...rest } = given;
  return dnsRfc2136(
    { server, zone, keyFile },
    { resolver: bind.server, nameServerPort: bind.port, timeLimit: 20_000, ...rest },
  );
};

const secretIn = (path: string): string => /secret "([^"]+)"/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';

async function failure(work: Promise<unknown> | undefined) {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'KeepgateError', exitCode: 4 });
  return (error as { diagnostic: { code: string; message: string; help: string } }).diagnostic;
}

it.each(algorithms)('adds, sees and deletes a record with a key for %s', async (algorithm) => {
  const solver = solverFor({ keyFile: bind.keyFiles[algorithm] });
  const challenge = challengeFor(`${algorithm}.example.test`);
  const name = `_acme-challenge.${algorithm}.example.test`;
  await solver.prepare?.([`${algorithm}.example.test`]);
  expect(await bind.txt(name)).toEqual([]);
  await solver.present(challenge);
  await solver.ready?.(challenge);
  expect(await bind.txt(name)).toEqual([challenge.dnsValue]);
  await solver.cleanUp(challenge);
  expect(await bind.txt(name)).toEqual([]);
  await solver.cleanUp(challenge);
});

it('keeps the value of a name beside that of its wildcard, and deletes each alone', async () => {
  const solver = solverFor();
  const both: Challenge[] = [challengeFor('example.test'), challengeFor('*.example.test')];
  await solver.prepare?.(['example.test', '*.example.test']);
  await Promise.all(both.map((challenge) => solver.present(challenge)));
  await Promise.all(both.map((challenge) => solver.ready?.(challenge)));
  expect(await bind.txt('_acme-challenge.example.test')).toEqual(both.map(({ dnsValue }) => dnsValue).sort());
  const [first, second] = both as [Challenge, Challenge];
  await solver.cleanUp(first);
  expect(await bind.txt('_acme-challenge.example.test')).toEqual([second.dnsValue]);
  await solver.cleanUp(second);
});

it('puts the record where a CNAME leads, when that is in the zone', async () => {
  const solver = solverFor({ zone: 'Validation.test.' });
  const challenge = challengeFor('delegated.example.test');
  await solver.prepare?.(['delegated.example.test']);
  await solver.present(challenge);
  await solver.ready?.(challenge);
  expect(await bind.txt('delegated.validation.test')).toEqual([challenge.dnsValue]);
  await solver.cleanUp(challenge);
  expect(await bind.txt('delegated.validation.test')).toEqual([]);
});

it('finds a value among so many that they need TCP', async () => {
  const challenge = challengeFor('huge.example.test');
  const solver = solverFor({ timeLimit: 0 });
  await solver.present(challenge);
  // Each look is the only one; a datagram has room for a few, and BIND takes turns with which.
  for (let looks = 0; looks < 8; looks++) await solver.ready?.(challenge);
  await solver.cleanUp(challenge);
  const late = solverFor({ timeLimit: 0 });
  expect(await failure(late.ready?.(challenge))).toMatchObject({
    code: 'dns-record-not-visible',
    message: `the TXT record _acme-challenge.huge.example.test was made, but can't be seen at ${bind.server}`,
  });
});

it('stops waiting when it is told to', async () => {
  const stop = new AbortController();
  const waiting = solverFor().ready?.(challengeFor('never.example.test'), stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

describe('what it refuses', () => {
  it('a name whose record belongs to another zone', async () => {
    expect(await failure(solverFor().prepare?.(['www.other.test']))).toMatchObject({ code: 'dns-lookup-failed' });
    expect(await failure(solverFor({ zone: 'validation.test' }).prepare?.(['api.example.test']))).toMatchObject({
      code: 'dns-name-outside-zone',
      message: '_acme-challenge.api.example.test is not in the zone validation.test',
    });
    expect(await failure(solverFor({ zone: 'ample.test' }).prepare?.(['api.example.test']))).toMatchObject({
      code: 'dns-name-outside-zone',
    });
  });

  it('CNAMEs in a circle', async () => {
    expect(await failure(solverFor().prepare?.(['ring.example.test']))).toMatchObject({
      code: 'dns-delegation-endless',
    });
  });
});

describe('what the server refuses, in words', () => {
  it('a zone that is not its own', async () => {
    const solver = solverFor({ zone: 'test' });
    const diagnostic = await failure(solver.prepare?.(['api.example.test']));
    expect(diagnostic.code).toBe('dns-update-refused');
    expect(diagnostic.message).toBe(
      `the DNS server ${bind.server} did not update test: it is not the primary server of the zone (NOTAUTH)`,
    );
  });

  it('a key that may not change the zone', async () => {
    const solver = solverFor({ keyFile: bind.keyFiles.other });
    expect(await failure(solver.present(challengeFor('api.example.test')))).toMatchObject({
      code: 'dns-update-refused',
      message: expect.stringMatching(/the key may not change this name.* \(REFUSED\)$/),
    });
    expect(await bind.txt('_acme-challenge.api.example.test')).toEqual([]);
  });

  it('a key that it does not have', async () => {
    const keyFile = bind.file('unknown.key', bind.keyText('unknown', 'hmac-sha256'));
    expect(await failure(solverFor({ keyFile }).prepare?.([]))).toMatchObject({
      code: 'dns-key-refused',
      message: expect.stringMatching(/refused the key unknown: it has no key of that name.* \(BADKEY\)$/),
    });
  });

  it('a key with another secret, which is never told', async () => {
    const keyFile = bind.file('wrong.key', bind.keyText('hmac-sha256.key', 'hmac-sha256'));
    const diagnostic = await failure(solverFor({ keyFile }).prepare?.([]));
    expect(diagnostic).toMatchObject({ code: 'dns-key-refused', message: expect.stringMatching(/\(BADSIG\)$/) });
    expect(JSON.stringify(diagnostic)).not.toContain(secretIn(keyFile));
  });

  it('a clock that is an hour off', async () => {
    const now = () => new Date(Date.now() + 3_600_000);
    expect(await failure(solverFor({ now }).prepare?.([]))).toMatchObject({
      code: 'dns-key-refused',
      message: expect.stringMatching(/\(BADTIME\)$/),
      help: expect.stringMatching(/^Its clock is 3\d{3} s behind the one here/),
    });
  });

  it('everything, by silence', async () => {
    const [port = 0] = await freePorts(1);
    expect(await failure(solverFor({ server: `127.0.0.1:${port}` }).prepare?.([]))).toMatchObject({
      code: 'dns-server-silent',
    });
  });

  it.each([
    ['without a signature', (question: Buffer) => withoutTsig(question)],
    ['with the signature of the question', (question: Buffer) => question],
    ['cut off', (question: Buffer) => question.subarray(0, question.length - 40)],
  ])('nothing, in an answer %s', async (_, answerTo) => {
    const impostor = createSocket('udp4');
    impostor.on('message', (question, { port, address }) => {
      const answer = Buffer.from(answerTo(question));
      answer.writeUInt16BE(0xa800, 2); // a response to an update, NOERROR
      impostor.send(answer, port, address);
    });
    await new Promise<void>((resolve) => impostor.bind(0, '127.0.0.1', resolve));
    try {
      const solver = solverFor({ server: `127.0.0.1:${impostor.address().port}` });
      expect(await failure(solver.prepare?.([]))).toMatchObject({ code: 'dns-answer-unsigned' });
    } finally {
      impostor.close();
    }
  });
});

/** The header and the zone: an update without changes has nothing else but its signature. */
function withoutTsig(question: Buffer): Buffer {
  const bare = Buffer.from(question.subarray(0, question.indexOf('example\x04test\0') + 'example.test '.length + 4));
  bare.writeUInt16BE(0, 10);
  return bare;
}
