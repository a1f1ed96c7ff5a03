import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { Fault, RetryAfter } from './faults.ts';

/** Sends it, whole or as broken as the fault says. */
export function send(response: ServerResponse, { status, headers = {}, body }: Answer, fault: Fault | undefined): void {
  const text = typeof body === 'object' ? JSON.stringify(body) : (body ?? '');
  const padding = fault?.fault === 'oversized' ? ' \n'.repeat(2_500_000) : '';
  const bytes = Buffer.from(text + padding);
  response.setHeader('Content-Type', 'application/json');
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status !== 204) response.setHeader('Content-Length', bytes.length);
  response.writeHead(status);
  if (fault?.fault !== 'truncated') return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.destroySoon());
}

/** RFC 9110, section 10.2.3. */
export function retryAfterHeader(now: Date, value: RetryAfter | undefined): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value === 'number') return { 'Retry-After': String(value) };
  if ('text' in value) return { 'Retry-After': value.text };
  return { 'Retry-After': new Date(now.getTime() + value.asDate * 1000).toUTCString() };
}
