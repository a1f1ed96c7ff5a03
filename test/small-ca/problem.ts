import type { Identifier } from './records.ts';

/** A refusal in the CA's words (RFC 8555, section 6.7); `type` without its URN prefix. */
export interface ProblemDocument {
  readonly type: string;
  readonly detail: string;
  readonly subproblems?: readonly (ProblemDocument & { readonly identifier?: Identifier })[];
  /** With badSignatureAlgorithm: what would do. */
  readonly algorithms?: readonly string[];
}

/** Thrown by a handler: the request is refused and nothing has been done. */
export class Problem extends Error {
  readonly status: number;
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, type: string, detail: string, more: ProblemExtras = {}) {
    const { headers = {}, ...fields } = more;
    super(`${type}: ${detail}`);
    this.status = status;
    this.document = { type, detail, ...fields };
    this.headers = headers;
  }
}

interface ProblemExtras extends Partial<Pick<ProblemDocument, 'subproblems' | 'algorithms'>> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** The document as it goes over the wire, with its URNs. */
export function problemJson({ type, subproblems, ...rest }: ProblemDocument): object {
  return {
    type: `urn:ietf:params:acme:error:${type}`,
    ...rest,
    ...(subproblems ? { subproblems: subproblems.map(problemJson) } : {}),
  };
}
