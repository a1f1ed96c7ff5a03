import type { Diagnostic } from '../../diagnostic.ts';
import type { Installation, Port } from '../installation.ts';
import type { OpenedKeyStore } from '../key-store-contents.ts';
import type { FrontProxy } from '../proxy-settings.ts';

/** What is examined: everything that is known of it, and how to reach it. */
export interface Subject {
  /** The public host names; the first is asked for, and no wildcard. */
  readonly hosts: readonly [string, ...string[]];
  /** Where connections go; without it, where the names lead. */
  readonly address: string | undefined;
  /** The port that the public uses. */
  readonly httpsPort: number;
  readonly ports: Readonly<Record<Port, number>>;
  /** Where the API delivers events. */
  readonly eventPort: number;
  /** Seen from another machine than Domino's. */
  readonly fromOutside: boolean;
  /** The API's configuration, where it can be read. */
  readonly installation: Installation | undefined;
  /** The key store of those settings; undefined where there is none, or it can't be read. */
  readonly keyStore: OpenedKeyStore | undefined;
  /** Bytes of notes.ini, where it can be read. */
  readonly notesIni: Buffer | undefined;
  /** What a spec says of the proxy; undefined where the API has TLS of its own. */
  readonly proxy: FrontProxy | undefined;
  /** SHA-256 in pairs with colons, of the certificates of the store one of which is to be served; none: it isn't known. */
  readonly fingerprints: readonly string[];
  /** Addresses of this machine by which others reach it. */
  readonly ownAddresses: readonly string[];
  /** PEM of the CAs that are trusted besides those of Node. */
  readonly ca: string | undefined;
  /** Milliseconds for each connection. */
  readonly timeLimit: number;
}

export type Check = (subject: Subject) => readonly Diagnostic[] | Promise<readonly Diagnostic[]>;
