/** All rules, and what they find in a configuration. */
import type { Diagnostic, Location } from '../diagnostic.ts';
import { machineSettings, neighboursIn, type SpecRecords, settingsIn } from '../model/claims.ts';
import { type ExpandedSite, locate as nearest, placeOf } from '../model/expand.ts';
import type { Resolved } from '../model/resolve.ts';
import type { Target } from '../model/target.ts';
import type { Places } from '../spec/load.ts';
import type { Spec } from '../spec/types.gen.ts';
import { backendsOf } from './backends.ts';
import { OwnMachine } from './own-machine.ts';
import type { Finding, LintContext, Place, Rule } from './rule.ts';
import { acmeIpAddress } from './rules/acme-ip-address.ts';
import { acmeNameNotPublic } from './rules/acme-name-not-public.ts';
import { acmeTooManyNames } from './rules/acme-too-many-names.ts';
import { addressHost } from './rules/address-host.ts';
import { backendCertificateName } from './rules/backend-certificate-name.ts';
import { backendNameStatic } from './rules/backend-name-static.ts';
import { backendUnverified } from './rules/backend-unverified.ts';
import { clientAuthDefaultServer } from './rules/client-auth-default-server.ts';
import { defaultServerQuic } from './rules/default-server-quic.ts';
import { duplicateHost } from './rules/duplicate-host.ts';
import { headerConflict } from './rules/header-conflict.ts';
import { hstsPreload } from './rules/hsts-preload.ts';
import { http2Collision } from './rules/http2-collision.ts';
import { http3Unavailable } from './rules/http3-unavailable.ts';
import { ignoreWithoutEffect } from './rules/ignore-without-effect.ts';
import { managementPublished } from './rules/management-published.ts';
import { moduleLeftOut } from './rules/module-left-out.ts';
import { moduleMissing } from './rules/module-missing.ts';
import { moduleUnknown } from './rules/module-unknown.ts';
import { nginxNewer } from './rules/nginx-newer.ts';
import { nginxTooOld } from './rules/nginx-too-old.ts';
import { openAllowList } from './rules/open-allow-list.ts';
import { ownPortLoop } from './rules/own-port-loop.ts';
import { plainRemoteBackend } from './rules/plain-remote-backend.ts';
import { portCollision } from './rules/port-collision.ts';
import { redirectLoop } from './rules/redirect-loop.ts';
import { roleWithoutAllowList } from './rules/role-without-allow-list.ts';
import { specificAddressShadows } from './rules/specific-address-shadows.ts';
import { tlsOldOpenssl } from './rules/tls-old-openssl.ts';
import { tlsProfileCollision } from './rules/tls-profile-collision.ts';
import { trustedEveryone } from './rules/trusted-everyone.ts';
import { unreachableRoute } from './rules/unreachable-route.ts';
import { unusedUpstream } from './rules/unused-upstream.ts';
import { wildcardChallenge } from './rules/wildcard-challenge.ts';

export const rules: readonly Rule[] = [
  acmeIpAddress,
  acmeNameNotPublic,
  acmeTooManyNames,
  addressHost,
  backendCertificateName,
  backendNameStatic,
  backendUnverified,
  clientAuthDefaultServer,
  defaultServerQuic,
  duplicateHost,
  headerConflict,
  hstsPreload,
  http2Collision,
  http3Unavailable,
  ignoreWithoutEffect,
  managementPublished,
  moduleLeftOut,
  moduleMissing,
  moduleUnknown,
  nginxNewer,
  nginxTooOld,
  openAllowList,
  ownPortLoop,
  plainRemoteBackend,
  portCollision,
  redirectLoop,
  roleWithoutAllowList,
  specificAddressShadows,
  tlsOldOpenssl,
  tlsProfileCollision,
  trustedEveryone,
  unreachableRoute,
  unusedUpstream,
  wildcardChallenge,
];

export interface LintResult {
  readonly diagnostics: readonly Diagnostic[];
  /** What `lint.ignore` of a site took out, with its reason. */
  readonly ignored: readonly { readonly diagnostic: Diagnostic; readonly reason: string }[];
}

/** Runs every rule over a resolved configuration. `records`: what other specs have on the same machine. */
export function lint(
  spec: Spec,
  places: Places,
  resolved: Resolved,
  target: Target,
  records: SpecRecords = {},
): LintResult {
  const sites = resolved.expanded.flatMap((expanded, index) => {
    const site = resolved.model.sites[index];
    const claim = resolved.claims[index];
    return site && claim ? [{ site, expanded, claim, backends: [...backendsOf(expanded, spec)] }] : [];
  });
  const machine = new OwnMachine(sites);
  const { features, settings } = resolved;
  const others = neighboursIn(records);
  const all = machineSettings([settings, ...settingsIn(records)]);
  const { defaultServer = 'refuse' } = all;
  const context: LintContext = { spec, sites, others, defaultServer, features, target, machine, rules };
  // several sites may share what a finding is about: a named upstream, defaults, a preset
  const diagnostics = new Map<string, Diagnostic>();
  const ignored = new Map<string, { diagnostic: Diagnostic; reason: string }>();
  for (const rule of rules) {
    for (const finding of rule.check(context)) {
      const site = siteOf(finding.at);
      const diagnostic = diagnosticOf(rule, finding, places);
      const reason = site && rule.ignorable !== false ? reasonToIgnore(site, rule.code) : undefined;
      const id = JSON.stringify([rule.code, diagnostic.message, diagnostic.at]);
      if (reason === undefined) diagnostics.set(id, diagnostics.get(id) ?? diagnostic);
      else ignored.set(id, ignored.get(id) ?? { diagnostic, reason });
    }
  }
  return { diagnostics: [...diagnostics.values()], ignored: [...ignored.values()] };
}

function diagnosticOf(rule: Rule, { message, help, at, related = [] }: Finding, places: Places): Diagnostic {
  const place = locate(places, at);
  const site = siteOf(at);
  return {
    code: rule.code,
    severity: rule.severity,
    message,
    ...(help !== undefined && { help }),
    ...(place && { at: place }),
    ...(site && { site: site.name }),
    related: related.flatMap((other) => {
      const found = locate(places, other.at);
      return found ? [{ message: other.message, at: found }] : [];
    }),
  };
}

function siteOf(place: Place): ExpandedSite | undefined {
  return 'site' in place ? place.site : place.about;
}

function locate(places: Places, place: Place): Location | undefined {
  if ('site' in place) return placeOf(places, place.site, place.path, place.what);
  return nearest(places, place.path, place.what ?? 'value');
}

function reasonToIgnore({ options }: ExpandedSite, code: string): string | undefined {
  return options.lint?.ignore?.find((entry) => entry.code === code)?.reason;
}
