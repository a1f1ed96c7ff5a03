import { notRestarted } from '../not-restarted.ts';
import { apiAddress, handshake } from '../reach.ts';
import type { Check } from '../subject.ts';

/** Whether the API could open the key store of its settings, and has done so: its certificate is the one that is served. */
export const keyStore: Check = async (subject) => {
  const { keyStore: opened, fromOutside, ports, hosts } = subject;
  if (fromOutside || opened === undefined) return [];
  const wrong = opened.diagnostics.filter(({ severity }) => severity === 'error');
  if (wrong.length > 0 || opened.leaf === undefined) return wrong;
  const { fingerprint } = await handshake(subject, apiAddress(subject), ports.data, hosts[0]);
  if (fingerprint === undefined || fingerprint === opened.leaf.fingerprint256) return [];
  return [notRestarted(`the data port ${ports.data} serves another certificate than its key store has`)];
};
