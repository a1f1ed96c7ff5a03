/** Looks for the answer to a challenge, on loopback only (RFC 8555, sections 8.3 and 8.4). */
import { createHash } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { get } from 'node:http';
import { isIPv6 } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Policy } from './policy.ts';
import type { ProblemDocument } from './problem.ts';
import type { Authorization, Challenge } from './records.ts';

type Finding = ProblemDocument | undefined;

/** What is wrong with the answer; undefined when it is right. */
export function validate(
  how: Policy['validate'],
  { identifier, account }: Authorization,
  { type, token }: Challenge,
): Finding | Promise<Finding> {
  if (how === 'always') return undefined;
  const expected = `${token}.${account.thumbprint}`;
  if (type === 'http-01' && how.httpPort !== undefined) return http(identifier.value, how.httpPort, token, expected);
  if (type === 'dns-01' && how.dnsServer !== undefined) return dns(identifier.value, how.dnsServer, expected);
  return { type: 'connection', detail: `this CA looks for no ${type} answers` };
}

async function http(name: string, port: number, token: string, expected: string): Promise<Finding> {
  const host = isIPv6(name) ? '::1' : '127.0.0.1';
  const path = `/.well-known/acme-challenge/${token}`;
  const headers = { Host: isIPv6(name) ? `[${name}]` : name };
  try {
    const [status, body] = await new Promise<[number | undefined, string]>((done, failed) => {
      const request = get({ host, port, path, headers, agent: false }, (response) => {
        text(response).then((body) => done([response.statusCode, body]), failed);
      });
      request.on('error', failed);
    });
    if (status !== 200) return { type: 'unauthorized', detail: `http://${name}${path} answered ${status}` };
    if (body.trimEnd() !== expected) return { type: 'unauthorized', detail: `http://${name}${path} is not the token` };
    return undefined;
  } catch (error) {
    return { type: 'connection', detail: `http://${name}${path}: ${(error as Error).message}` };
  }
}

async function dns(name: string, server: string, expected: string): Promise<Finding> {
  const value = createHash('sha256').update(expected).digest('base64url');
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([server]);
  try {
    const records = await resolver.resolveTxt(`_acme-challenge.${name}`);
    if (records.some((parts) => parts.join('') === value)) return undefined;
    return { type: 'unauthorized', detail: `no TXT record of _acme-challenge.${name} is the right one` };
  } catch (error) {
    return { type: 'dns', detail: `_acme-challenge.${name}: ${(error as Error).message}` };
  }
}
