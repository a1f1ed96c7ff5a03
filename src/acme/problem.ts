/** What a certificate is asked for (RFC 8555, section 9.7.7, and RFC 8738). */
export interface Identifier {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/** One of several reasons (RFC 8555, section 6.7.1). */
export interface Subproblem {
  readonly type: string;
  readonly detail: string;
  readonly identifier?: Identifier;
}

/** Where a problem comes from. */
export interface ProblemContext {
  readonly url: string;
  /** Of the request that was refused; undefined for one that stands in an order or a challenge. */
  readonly method?: string | undefined;
  readonly status: number;
  readonly receivedAt: Date;
  /** Milliseconds after receivedAt. */
  readonly retryAfter?: number | undefined;
}

/** The CA says no (RFC 8555, section 6.7). */
export class AcmeProblem extends Error {
  override readonly name = 'AcmeProblem';
  /** Without `urn:ietf:params:acme:error:`, such as `rateLimited`; `http-503` for an answer that is no problem document. */
  readonly type: string;
  readonly detail: string;
  readonly subproblems: readonly Subproblem[];
  readonly status: number;
  readonly url: string;
  /** Undefined for one that stands in an order or a challenge. */
  readonly method: string | undefined;
  readonly receivedAt: Date;
  /** Milliseconds after receivedAt before which trying again is pointless. */
  readonly retryAfter: number | undefined;

  constructor(type: string, detail: string, subproblems: readonly Subproblem[], context: ProblemContext) {
    super(`${type}: ${detail}`);
    this.type = type;
    this.detail = detail;
    this.subproblems = subproblems;
    this.status = context.status;
    this.url = context.url;
    this.method = context.method;
    this.receivedAt = context.receivedAt;
    this.retryAfter = context.retryAfter;
  }
}

const prefix = 'urn:ietf:params:acme:error:';

/** A problem document (RFC 7807) as an exception; whatever else an error answer holds becomes `http-STATUS`. */
export function problemOf(body: unknown, context: ProblemContext): AcmeProblem {
  const { type, detail, subproblems } = fields(body);
  if (typeof type !== 'string' || !type.startsWith(prefix)) {
    const words = typeof detail === 'string' ? shortened(detail) : `HTTP status ${context.status} without a reason`;
    return new AcmeProblem(`http-${context.status}`, words, [], context);
  }
  const list = Array.isArray(subproblems) ? subproblems.slice(0, 100).map(subproblem) : [];
  return new AcmeProblem(type.slice(prefix.length), shortened(detail), list, context);
}

function subproblem(value: unknown): Subproblem {
  const { type, detail, identifier } = fields(value);
  const name = fields(identifier);
  return {
    type: typeof type === 'string' ? type.replace(prefix, '') : '',
    detail: shortened(detail),
    ...(typeof name.value === 'string' && {
      identifier: { type: name.type === 'ip' ? 'ip' : 'dns', value: shortened(name.value) },
    }),
  };
}

/** The members of what should be an object. */
function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** On one line, and no longer than a person reads. */
function shortened(text: unknown): string {
  if (typeof text !== 'string') return '';
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 1000 ? `${line.slice(0, 1000)} …` : line;
}
