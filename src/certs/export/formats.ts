/** The forms that other servers want a certificate and its key in. */

/** `jks` is Java's own form before Java 9, with encryption of its time; `pfx` is PKCS#12 (RFC 7292). */
export const exportFormats = ['pem', 'pfx', 'jks'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** What is exported. */
export interface ExportSource {
  /** PEM: the server's certificate first, then those that signed it, without the root. */
  readonly fullchain: string;
  /** PEM, PKCS#8, unencrypted. */
  readonly key: string;
}

export interface ExportForm {
  readonly as: ExportFormat;
  /** '' for none. */
  readonly password: string;
  /** What the entry is called in a PFX (its friendly name) and in a JKS. */
  readonly alias: string;
}

/** What goes into files: PEM has a key of its own, the others have all in one. */
export interface ExportContents {
  readonly store: Buffer;
  readonly key?: Buffer;
}
