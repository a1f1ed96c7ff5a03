import type { Fault } from './faults.ts';
import { type Fields, jsonObject, type Signed } from './jws.ts';
import { Problem } from './problem.ts';
import type { Account, Ca } from './records.ts';

/** What a handler says; a body that is no text goes out as JSON. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | object;
}

/** A POST whose envelope was found good. */
export interface Post {
  readonly url: string;
  readonly path: string;
  readonly signed: Signed;
  /** What shall go wrong. */
  readonly fault: Fault | undefined;
}

export type Handler = (ca: Ca, post: Post) => Answer | Promise<Answer>;

/** Who signed, where only an account may. Throws Problem. */
export function signerOf({ signed }: Post): Account {
  if (!signed.account) throw new Problem(400, 'malformed', 'this is signed with kid, not with jwk');
  return signed.account;
}

/** The payload's fields; undefined in a POST-as-GET. Throws Problem. */
export function fieldsOf({ signed }: Post): Fields | undefined {
  return signed.payload === '' ? undefined : jsonObject(signed.payload);
}

/** What is at the URL, for the account that it belongs to. Throws Problem. */
export function owned<Thing extends { readonly account: Account }>(thing: Thing | undefined, post: Post): Thing {
  const account = signerOf(post);
  if (!thing) throw new Problem(404, 'malformed', `there is nothing at ${post.path}`);
  if (thing.account !== account) throw new Problem(403, 'unauthorized', 'it belongs to another account');
  return thing;
}

export function mustBeGet(post: Post): void {
  if (fieldsOf(post)) throw new Problem(400, 'malformed', 'a POST-as-GET has no payload');
}
