/** PEM texts (RFC 7468). */

/** One block around these bytes. */
export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** One block of a PEM file. */
export interface PemBlock {
  /** What stands after BEGIN, such as `CERTIFICATE`. */
  readonly label: string;
  /** The line that it begins in, from 1. */
  readonly line: number;
  /** From its BEGIN line to its END line, or to where that should have been. */
  readonly text: string;
}

/**
 * The blocks of a PEM file in order. As in OpenSSL, a BEGIN counts only at the start of a line; text around
 * blocks doesn't.
 */
export function pemBlocks(bytes: Buffer): PemBlock[] {
  const blocks: { label: string; line: number; lines: string[] }[] = [];
  let open: (typeof blocks)[number] | undefined;
  for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
    const [, edge, label = ''] = /^-----(BEGIN|END) (.*)-----\s*$/.exec(line) ?? [];
    if (edge === 'BEGIN') {
      open = { label, line: index + 1, lines: [] };
      blocks.push(open);
    }
    open?.lines.push(line);
    if (edge === 'END' && label === open?.label) open = undefined;
  }
  return blocks.map(({ label, line, lines }) => ({ label, line, text: `${lines.join('\n')}\n` }));
}
