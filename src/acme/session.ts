import { createHash } from 'node:crypto';
import { type AccountOptions, accountMissing, accountState, register } from './account.ts';
import { type AccountFiles, accountFiles } from './account-files.ts';
import { readCaFile } from './ca-file.ts';
import { type Client, makeClient } from './client.ts';
import type { DirectoryChoice } from './directory.ts';
import { type EabFiles, readEab } from './eab.ts';
import { AcmeProblem, type Identifier } from './problem.ts';
import {
  type Authorization,
  alternates,
  location,
  type Order,
  parseAuthorization,
  parseOrder,
  parseRenewalInfo,
  type RenewalInfo,
} from './resources.ts';
import { openTransport, type RequestRecord } from './transport.ts';
import { TransportFailure } from './transport-failure.ts';

export type { Identifier } from './problem.ts';
export type { Authorization, Order, RenewalInfo } from './resources.ts';

export interface SessionOptions {
  readonly directory: DirectoryChoice;
  /** The folder STORE/accounts. */
  readonly accounts: string;
  readonly email?: string;
  /** Whether the terms of the CA are agreed to; a function asks a person. */
  readonly agreeToTerms: AccountOptions['agreeToTerms'];
  readonly eab?: EabFiles;
  /** Neither register an account nor put a key away: the one that the store has, or none. */
  readonly existingAccount?: boolean;
  /** Ends whatever is under way with a TransportFailure `aborted`. */
  readonly signal?: AbortSignal;
  /** Milliseconds for each request; 30,000 unless given. */
  readonly timeLimit?: number;
  readonly onRequest?: (request: RequestRecord) => void;
  /** The clock; not of the time limits. */
  readonly now?: () => Date;
}

/**
 * A conversation with a CA in the name of one account. Each method is one signed request, with what a bad nonce or a busy
 * CA makes necessary, and throws AcmeProblem or TransportFailure (see `toKeepgateError`). Several of the same
 * session may run at once.
 */
export interface AcmeSession {
  readonly directory: DirectoryChoice;
  readonly accountUrl: string;
  /** RFC 3339: since when the store has this account; what was issued before may be another one's. */
  readonly accountSince: string;
  /** What each profile stands for, by name; empty where the CA has none. */
  readonly profiles: Readonly<Record<string, string>>;
  /** What the CA looks for in CAA records. */
  readonly caaIdentities: readonly string[];
  /** The URL of the terms. */
  readonly terms: string | undefined;
  /** Milliseconds by which the CA's clock is ahead of ours, by its last answer. */
  readonly dateSkew: number | undefined;
  createOrder(wanted: {
    readonly identifiers: readonly Identifier[];
    readonly profile?: string | undefined;
    /** The ARI identifier of the certificate that is renewed (RFC 9773, section 5). */
    readonly replaces?: string | undefined;
  }): Promise<Order>;
  order(url: string): Promise<Order>;
  authorization(url: string): Promise<Authorization>;
  deactivateAuthorization(url: string): Promise<void>;
  /** What the http-01 answer holds (RFC 8555, section 8.1). */
  keyAuthorization(token: string): string;
  /** The value of the TXT record of dns-01 (RFC 8555, section 8.4). */
  dnsValue(token: string): string;
  readonly accountThumbprint: string;
  /** Tells the CA that the challenge can be looked at. */
  complete(challengeUrl: string): Promise<void>;
  /** @param csr PKCS#10 in DER */
  finalize(order: Order, csr: Buffer): Promise<Order>;
  /** The full chain as PEM, and the URLs of chains to other roots. */
  certificate(url: string): Promise<{ readonly fullchain: string; readonly alternates: readonly string[] }>;
  /**
   * @param certificate DER
   * @param reason a CRLReason of RFC 5280, section 5.3.1
   */
  revoke(certificate: Buffer, reason: number): Promise<void>;
  /** Undefined when the CA has none, for this certificate or at all. */
  renewalInfo(certificateId: string): Promise<RenewalInfo | undefined>;
  /** Closes the connections that are kept open; a process ends without it as well. */
  close(): void;
}

/** A CA whose directory is known: an account is needed for what is signed alone. */
export interface AcmeDirectory extends Pick<AcmeSession, 'renewalInfo'> {
  /** Does what `openSession` says, once. */
  session(): Promise<AcmeSession>;
}

/**
 * Finds the account of this directory in `accounts`, or registers one.
 * @throws AcmeProblem, TransportFailure
 * @throws KeepgateError terms-not-agreed, acme-external-account-required, acme-account-missing, acme-eab-file, acme-ca-file (1),
 * acme-account-files (4)
 */
export async function openSession(options: SessionOptions): Promise<AcmeSession> {
  return (await openDirectory(options)).session();
}

/**
 * Reads the directory, and asks nothing about an account yet.
 * @throws AcmeProblem, TransportFailure
 * @throws KeepgateError acme-account-missing, acme-eab-file, acme-ca-file (1), acme-account-files (4)
 */
export async function openDirectory(options: SessionOptions): Promise<AcmeDirectory> {
  const { directory: choice, accounts, signal, timeLimit, onRequest, now = () => new Date() } = options;
  const files = accountFiles(accounts, choice.url);
  if (options.existingAccount && files.record() === undefined) throw accountMissing(choice.name, 'the store has none');
  const eab = options.eab && readEab(options.eab);
  const ca = choice.caFile === undefined ? undefined : readCaFile(choice.caFile);
  const transport = openTransport({ ca, signal, timeLimit, now, onRequest });
  const connect = (key: string) => makeClient({ directoryUrl: choice.url, transport, key, eab, signal, now });
  const orClose = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      transport.close();
      throw error;
    }
  };
  const first = await orClose(() => connect(files.key()));
  const withAccount = async (): Promise<AcmeSession> => {
    const { client, account } = await openAccount(options, files, first, connect, now);
    return {
      ...requests(client, now),
      directory: choice,
      accountUrl: account.url,
      accountSince: account.createdAt,
      get dateSkew() {
        return transport.dateSkew();
      },
      close: transport.close,
    };
  };
  let opened: Promise<AcmeSession> | undefined;
  return {
    renewalInfo: requests(first, now).renewalInfo,
    session: () => {
      opened ??= orClose(withAccount);
      return opened;
    },
  };
}

async function openAccount(
  { directory, email, agreeToTerms, eab, existingAccount = false }: SessionOptions,
  files: AccountFiles,
  first: Client,
  connect: (key: string) => Promise<Client>,
  now: () => Date,
) {
  const record = files.record();
  let client = first;
  if (record !== undefined) {
    const state = await accountState(client, record.url);
    if (state === 'valid') return { client, account: record };
    if (existingAccount) throw accountMissing(directory.name, `the CA says that ${record.url} is ${state}`);
    if (state === 'closed') {
      files.retireKey(now());
      client = await connect(files.key());
    }
  }
  const registration = { directoryUrl: directory.url, email, agreeToTerms, eab: eab !== undefined, now };
  return { client, account: await register(client, files, registration) };
}

/** The part of a session that talks to the CA. */
function requests(client: Client, now: () => Date) {
  const { directory, thumbprint } = client;
  const keyAuthorization = (token: string) => `${token}.${thumbprint}`;
  return {
    profiles: directory.profiles,
    caaIdentities: directory.caaIdentities,
    terms: directory.terms,
    accountThumbprint: thumbprint,
    keyAuthorization,
    dnsValue: (token) => createHash('sha256').update(keyAuthorization(token)).digest('base64url'),
    createOrder: async ({ identifiers, profile, replaces }) => {
      const payload = {
        identifiers,
        ...(profile !== undefined && { profile }),
        ...(replaces !== undefined && { replaces }),
      };
      const answer = await client.ask(directory.newOrder, payload);
      return parseOrder(answer, location(answer.headers, directory.newOrder), now());
    },
    order: async (url) => parseOrder(await client.ask(url), url, now()),
    authorization: async (url) => parseAuthorization(await client.ask(url), url, now()),
    deactivateAuthorization: async (url) => {
      await client.ask(url, { status: 'deactivated' });
    },
    complete: async (url) => {
      await client.ask(url, {});
    },
    finalize: async (order, csr) => {
      const answer = await client.ask(order.finalize, { csr: csr.toString('base64url') });
      return parseOrder(answer, order.url, now());
    },
    certificate: async (url) => {
      const { data, headers } = await client.ask(url);
      if (typeof data !== 'string' || data === '') throw new TransportFailure('no-certificate', url, 'it is empty');
      return { fullchain: data, alternates: alternates(headers, url) };
    },
    revoke: async (certificate, reason) => {
      await client.ask(directory.revokeCert, { certificate: certificate.toString('base64url'), reason });
    },
    renewalInfo: async (certificateId) => {
      if (directory.renewalInfo === undefined) return undefined;
      const url = `${directory.renewalInfo.replace(/\/$/, '')}/${certificateId}`;
      try {
        return parseRenewalInfo(await client.get(url), url);
      } catch (error) {
        // 404: it doesn't know the certificate; 400: it doesn't know who issued it.
        if (error instanceof AcmeProblem && (error.status === 404 || error.status === 400)) return undefined;
        throw error;
      }
    },
  } satisfies Partial<AcmeSession>;
}
