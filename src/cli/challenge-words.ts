import type { ChallengeChoice } from '../certs/settings.ts';

/** How names are proven, in a few words. */
export function challengeInWords(choice: ChallengeChoice): string {
  if (choice === 'http-01') return 'http-01';
  if ('webroot' in choice) return `http-01, through ${choice.webroot}`;
  if ('standalone' in choice) return `http-01, listening on port ${choice.standalone.port ?? 80}`;
  const dns = choice['dns-01'];
  if ('exec' in dns) return `dns-01, through ${dns.exec}`;
  return `dns-01, by updates of ${dns.rfc2136.zone} at ${dns.rfc2136.server}`;
}
