/** What a manifest says about specs, read with distrust: it is shown to people, and the shared file is made from it. */
import { hostProblem } from '../spec/address.ts';
import { isName, longestName } from '../spec/name.ts';
import { isSpecName } from './spec-name.ts';

const socket = /^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]):)?\d{1,5}$/i;

/** Such as `80` or `[::1]:443`. */
export const isSocket = (text: string): boolean => socket.test(text);

/** A preset may have made it longer than a spec lets it be. */
export const isSiteName = (text: string): boolean => isName(text) && text.length <= longestName + 36;

/** Why it is not what keepgate writes; undefined when it is. */
export function recordsProblem(value: unknown): string | undefined {
  if (!isRecord(value)) return 'it lacks its list of specs';
  for (const [name, record] of Object.entries(value)) {
    if (!isSpecName(name) || name === '__proto__') return 'it lists a spec whose name keepgate never writes';
    if (!isRecord(record) || !isRecord(record.settings) || !isRecord(record.sites))
      return `what it says of the spec ${name} is not whole`;
    const { digest, settings, sites } = record;
    if (digest !== undefined && !isText(digest, /^[0-9a-f]{64}$/)) return `the digest of ${name} is not a SHA-256`;
    if (!areSettings(settings)) return `the settings of ${name} are not what keepgate writes`;
    for (const [site, claim] of Object.entries(sites)) {
      if (!isSiteName(site)) return `it lists a site of ${name} whose name keepgate never writes`;
      if (!isClaim(claim)) return `what it says of the site ${site} is not what keepgate writes`;
    }
  }
  return undefined;
}

function areSettings({ defaultServer, store, target }: Record<string, unknown>): boolean {
  return (
    (target === undefined || isTarget(target)) &&
    (defaultServer === undefined || isText(defaultServer, /^(?:refuse|https|off)$/)) &&
    (store === undefined || isText(store, /^\/[^\p{Cc}]{0,4095}$/u))
  );
}

function isTarget(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { version, openssl, modules = [], without = [], fork } = value;
  const areNames = (names: unknown): boolean => areAll(names, (name) => /^[\w-]+$/.test(name));
  return (
    isText(version, /^\d{1,3}\.\d{1,3}\.\d{1,3}$/) &&
    isText(openssl, /^[\w .+-]{1,100}$/) &&
    areNames(modules) &&
    areNames(without) &&
    (fork === undefined || isText(fork, /^[\w./-]{1,100}$/))
  );
}

function isClaim(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { hosts, http, https, http2, http3, profile, clientCa } = value;
  return (
    areAll(hosts, (one) => hostProblem(one) === undefined) &&
    areAll(http, isSocket) &&
    areAll(https, isSocket) &&
    typeof http2 === 'boolean' &&
    typeof http3 === 'boolean' &&
    isText(profile, /^(?:modern|intermediate)$/) &&
    (clientCa === null || isText(clientCa, /^[^\p{Cc}]{1,4096}$/u))
  );
}

const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);

const areAll = (value: unknown, is: (text: string) => boolean): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && is(one));

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
