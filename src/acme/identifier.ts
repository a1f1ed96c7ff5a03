import { isIP } from 'node:net';

export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/** How a name stands in an order: a host name or wildcard (RFC 8555, section 7.1.3), or an IP address without brackets (RFC 8738). */
export function identifierOf(name: string): Identifier {
  const address = name.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) === 0 ? { type: 'dns', value: name } : { type: 'ip', value: address };
}
