/**
 * What nginx makes of the users in an `auth_basic_user_file`: `name:hash`, anything after a second colon, `#`
 * comments.
 */
import type { Diagnostic } from '../diagnostic.ts';

/**
 * `$id$…` and `{SCHEME}…` hashes that nginx and the crypt of today's systems know, and that take an attacker some
 * time.
 */
const hashes = /^(\$(apr1|1|2[abxy]|5|6|7|y|gy)\$|\{SSHA\})./;

/** The findings name lines, never what stands in them. */
export function checkPasswords(path: string, text: string): Diagnostic[] {
  const users = text
    .split('\n')
    .map((line, index) => ({ content: line.replace(/\r$/, ''), line: index + 1 }))
    .filter(({ content }) => content.trim() !== '' && !content.startsWith('#'));
  const findings = users.flatMap(({ content, line }) => checkUser(`${path}, line ${line}`, content));
  if (users.length > 0) return findings;
  const message = `${path} has no user in it: nobody can log in`;
  return [{ code: 'password-file-empty', severity: 'warning', message, help: advice }];
}

const advice =
  'Make a line with `htpasswd -nB NAME` or `openssl passwd -6`; the first prints it whole, the second its hash.';

function checkUser(place: string, content: string): Diagnostic[] {
  const [name = '', hash = ''] = content.split(':');
  if (name === '' || hash === '') {
    const message = `${place}: not name:hash, so nobody can log in with it`;
    return [{ code: 'password-file-malformed', severity: 'warning', message, help: advice }];
  }
  if (hash.startsWith('{PLAIN}')) {
    const message = `${place}: the password stands there as plain text`;
    return [{ code: 'password-file-plain', severity: 'warning', message, help: advice }];
  }
  if (hashes.test(hash)) return [];
  if (hash.startsWith('{SHA}') || /^[./0-9A-Za-z]{13}$/.test(hash)) {
    const kind = hash.startsWith('{') ? 'SHA-1 without a salt' : "crypt's first form, of which eight characters count";
    const message = `${place}: the hash is ${kind}`;
    return [{ code: 'password-file-weak', severity: 'warning', message, help: advice }];
  }
  const message = `${place}: no hash that nginx knows; if it is a password in plain text, it does not work as one`;
  return [{ code: 'password-file-unknown-hash', severity: 'warning', message, help: advice }];
}
