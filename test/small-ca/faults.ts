import type { ProblemDocument } from './problem.ts';
import type { RequestKind } from './request-kinds.ts';

/** A header: seconds as they are; an HTTP date so many seconds from the CA's now; or any text. */
export type RetryAfter = number | { readonly asDate: number } | { readonly text: string };

/** What may go wrong with any request. */
export type AnyFault =
  /** Refused once the signature and nonce were found good; nothing is done. */
  | ({ readonly fault: 'problem'; readonly status: number; readonly retryAfter?: RetryAfter } & ProblemDocument)
  /** No answer, ever; nothing is done. */
  | { readonly fault: 'hang' }
  /** The connection is reset (TCP RST); nothing is done. */
  | { readonly fault: 'reset' }
  /** What a proxy on the way would say; nothing is done. */
  | { readonly fault: 'html'; readonly status: number }
  /** Done, but the connection is closed before the answer. */
  | { readonly fault: 'lost-answer' }
  /** Done, but half of the body arrives and then the connection is closed. */
  | { readonly fault: 'truncated' }
  /** Done, and the body is right, but white space of 5 MB surrounds it. */
  | { readonly fault: 'oversized' }
  /** Done and answered; with something that happens before it is done, or between that and the answer. */
  | {
      readonly fault: 'meanwhile';
      readonly before?: () => void | Promise<void>;
      readonly after?: () => void | Promise<void>;
    };

/** What may go wrong with requests of one kind. */
export interface SpecialFaults {
  /** The validation fails, and so does the authorization. */
  readonly challenge: { readonly fault: 'validation' } & ProblemDocument;
  /** The order turns invalid, or stays `processing` for ever. */
  readonly finalize: ({ readonly fault: 'invalid-order' } & ProblemDocument) | { readonly fault: 'processing' };
  readonly certificate: {
    readonly fault: 'certificate';
    /** `empty`: no bytes at all. `leaf-only`: without the intermediate. `backwards`: the intermediate first. */
    readonly flaw: 'other-key' | 'lacks-name' | 'expired' | 'empty' | 'leaf-only' | 'backwards';
  };
  readonly renewalInfo: {
    readonly fault: 'renewal-info';
    readonly flaw: 'no-dates' | 'not-dates' | 'end-before-start' | 'years-away' | 'years-ago';
  };
}

export type FaultOf<Kind> = AnyFault | (Kind extends keyof SpecialFaults ? SpecialFaults[Kind] : never);
export type Fault = FaultOf<RequestKind>;

/** 429 (RFC 8555, section 6.6). */
export const rateLimited = (retryAfter?: RetryAfter): AnyFault => ({
  fault: 'problem',
  status: 429,
  type: 'rateLimited',
  detail: 'too many requests of this kind',
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

/** 503. */
export const unavailable = (retryAfter?: RetryAfter): AnyFault => ({
  fault: 'problem',
  status: 503,
  type: 'serverInternal',
  detail: 'the service is down for maintenance',
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

export const badNonce: AnyFault = { fault: 'problem', status: 400, type: 'badNonce', detail: 'not a nonce of this CA' };

export interface Faults {
  /**
   * For the next `count` requests of the kind (1 unless given), after `skip` of them that go well. Several calls for one
   * kind queue up; `any` counts the requests that no queue of their own kind took.
   */
  next<Kind extends RequestKind | 'any'>(kind: Kind, fault: FaultOf<Kind>, count?: number, skip?: number): void;
  /** For every request of the kind that no `next` takes, until `clear`. */
  always<Kind extends RequestKind | 'any'>(kind: Kind, fault: FaultOf<Kind>): void;
  /** All is well again; with a kind, only requests of that. */
  clear(kind?: RequestKind | 'any'): void;
  /** How far the `Date` header is off, in milliseconds. */
  dateSkew: number;
  /** The fault of this request, which counts it. */
  take(kind: RequestKind): Fault | undefined;
}

export function faultBook(): Faults {
  const queues = new Map<string, { skip: number; count: number; readonly fault: Fault }[]>();
  const standing = new Map<string, Fault>();
  const queued = (kind: string): Fault | undefined => {
    const queue = queues.get(kind) ?? [];
    const [first] = queue;
    if (!first) return undefined;
    if (first.skip > 0) {
      first.skip -= 1;
      return undefined;
    }
    first.count -= 1;
    if (first.count <= 0) queue.shift();
    return first.fault;
  };
  return {
    dateSkew: 0,
    next(kind, fault, count = 1, skip = 0) {
      queues.set(kind, [...(queues.get(kind) ?? []), { skip, count, fault: fault as Fault }]);
    },
    always: (kind, fault) => void standing.set(kind, fault as Fault),
    clear(kind) {
      for (const book of [queues, standing]) kind ? book.delete(kind) : book.clear();
    },
    take: (kind) => queued(kind) ?? queued('any') ?? standing.get(kind) ?? standing.get('any'),
  };
}
