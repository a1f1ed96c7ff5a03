import { isIP, isIPv6 } from 'node:net';
import { plainAddress } from './csr.ts';
import type { Fields } from './jws.ts';
import type { Policy } from './policy.ts';
import { Problem } from './problem.ts';
import type { Identifier } from './records.ts';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const hostName = new RegExp(`^(?:\\*\\.)?(?:${label}\\.)+(?=[a-z0-9-]*[a-z])${label}$`);

/** The identifiers of a new order, each once, sorted by value. Throws Problem: malformed, unsupportedIdentifier, rejectedIdentifier. */
export function identifiersOf({ identifiers }: Fields, policy: Policy): readonly Identifier[] {
  if (!Array.isArray(identifiers) || identifiers.length === 0) {
    throw new Problem(400, 'malformed', 'an order has identifiers');
  }
  const distinct = new Map<string, Identifier>();
  for (const identifier of identifiers.map(identifierOf)) distinct.set(identifier.value, identifier);
  const all = [...distinct.values()].sort((a, b) => (a.value < b.value ? -1 : 1));
  refuseForbidden(all, policy.forbidden);
  for (const { value } of all) {
    const wildcard = value.replace(/^[^.]+/, '*');
    if (wildcard !== value && distinct.has(wildcard)) {
      throw new Problem(400, 'malformed', `${value} is redundant with ${wildcard}`);
    }
  }
  return all;
}

function identifierOf(given: unknown): Identifier {
  const { type, value } = given as Fields;
  if (type !== 'dns' && type !== 'ip') throw new Problem(400, 'unsupportedIdentifier', `no identifier type ${type}`);
  const good =
    typeof value === 'string' && (type === 'ip' ? isIP(value) !== 0 : hostName.test(value) && value.length < 254);
  if (!good) throw new Problem(400, 'rejectedIdentifier', `${value} is no public name of type ${type}`);
  return { type, value: isIPv6(value) ? plainAddress(value) : value };
}

function refuseForbidden(all: readonly Identifier[], forbidden: readonly string[]): void {
  const subproblems = all
    .filter(({ value }) => forbidden.includes(value))
    .map((identifier) => ({
      type: 'rejectedIdentifier',
      detail: `the policy of this CA forbids ${identifier.value}`,
      identifier,
    }));
  if (subproblems.length === 0) return;
  const detail = 'cannot issue for some of the names';
  throw new Problem(400, 'rejectedIdentifier', detail, { subproblems });
}
