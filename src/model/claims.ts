/**
 * What sites ask of what all sites of a machine share, whichever spec they come from. It is the same for every version of nginx, so that the
 * shared file can be made anew for the one that is installed.
 */
import { pinnedTarget } from './pinned-target.ts';
import type { Site } from './site.ts';
import type { Target } from './target.ts';
import type { TlsProfile } from './tls-profiles.ts';

export interface Claim {
  readonly hosts: readonly string[];
  /** Sockets, such as `80` and `192.0.2.1:443`. */
  readonly http: readonly string[];
  readonly https: readonly string[];
  readonly http2: boolean;
  readonly http3: boolean;
  readonly profile: TlsProfile['name'];
  /** The CA of its client certificates, as a path; null where none are asked for. */
  readonly clientCa: string | null;
}

/** What a spec says for the whole machine; what it does not say is not there, and agrees with anything. */
export interface MachineSettings {
  readonly defaultServer?: 'refuse' | 'https' | 'off';
  /** Where the throwaway certificate of an old nginx lies. */
  readonly store?: string;
  /** The nginx that it is written for. Where one is installed, that one counts. */
  readonly target?: Target;
}

/** What an installation remembers of one spec. */
export interface SpecRecord {
  /** SHA-256 of what its files say, in hex; not there for sites that no known spec has. */
  readonly digest?: string;
  readonly settings: MachineSettings;
  readonly sites: Readonly<Record<string, Claim>>;
}

/** By the name of the spec: the real path of its file or folder, the word of `--as`, or `noSpec`. */
export type SpecRecords = Readonly<Record<string, SpecRecord>>;

/** Where the spec of a site is not known. */
export const noSpec = '';

/** A site of another spec on the same machine. */
export interface Neighbour {
  readonly site: string;
  readonly spec: string;
  readonly claim: Claim;
}

export function neighboursIn(records: SpecRecords): Neighbour[] {
  return Object.entries(records).flatMap(([spec, { sites }]) =>
    Object.entries(sites).map(([site, claim]) => ({ site, spec, claim })),
  );
}

/** A spec in a sentence. */
export const specInWords = (spec: string): string => (spec === noSpec ? 'no known spec' : `the spec ${spec}`);

/** `site`: as it is resolved; `asked`: HTTP/3 as the spec asks for it, whether or not this nginx has it. */
export function claimOf(site: Pick<Site, 'hosts' | 'listen' | 'http2' | 'tls'>, asked: { http3: boolean }): Claim {
  const { hosts, listen, http2, tls } = site;
  return {
    hosts,
    http: listen.http,
    https: listen.https.map(({ address }) => address),
    http2,
    http3: asked.http3,
    profile: tls.name,
    clientCa: tls.clientAuth?.ca ?? null,
  };
}

export const settingsIn = (records: SpecRecords): MachineSettings[] =>
  Object.values(records).map(({ settings }) => settings);

/** What holds for the machine: two that differ are refused before, and the order of the specs does not matter. */
export function machineSettings(written: readonly MachineSettings[]): MachineSettings {
  const [defaultServer] = written.flatMap((settings) => settings.defaultServer ?? []);
  const [store] = written.flatMap((settings) => settings.store ?? []).sort();
  const byText = (a: Target, b: Target): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  const [target] = written.flatMap((settings) => (settings.target ? inOrder(settings.target) : [])).sort(byText);
  return {
    ...(defaultServer && { defaultServer }),
    ...(store !== undefined && { store }),
    ...(target && { target }),
  };
}

/** A manifest that was read has it in another order than a spec, and the same bytes have to come of both. */
const inOrder = ({ version, openssl, modules, without, fork }: Target): Target => ({
  ...{ version, openssl },
  ...(modules && { modules }),
  ...(without && { without }),
  ...(fork !== undefined && { fork }),
});

/** The nginx that reads what all share: the one that is installed where it is known, else the one that a spec is written for. */
export function sharedTarget(installed: Target | undefined, written: readonly MachineSettings[]): Target | undefined {
  return installed ?? machineSettings(written).target;
}

/** What two specs say differently for the machine. */
export interface Contradiction {
  /** Of the section `nginx`. */
  readonly setting: 'defaultServer' | 'target';
  /** As it stands in a spec: on the one side, and on the other's. */
  readonly said: string;
  readonly other: string;
  readonly spec: string;
}

/** `installed`: the nginx that reads what all share is known, whatever the specs are written for. */
export function contradictions(
  own: MachineSettings,
  others: SpecRecords,
  { installed }: { readonly installed: boolean },
): Contradiction[] {
  const wordsOf = ({ defaultServer, target }: MachineSettings) =>
    ({ defaultServer, target: target && !installed ? pinnedTarget(target) : undefined }) as const;
  const words = wordsOf(own);
  return Object.entries(others).flatMap(([spec, { settings }]) =>
    (['defaultServer', 'target'] as const).flatMap((setting): Contradiction[] => {
      const [said, other] = [words[setting], wordsOf(settings)[setting]];
      return said === undefined || other === undefined || said === other ? [] : [{ setting, said, other, spec }];
    }),
  );
}
