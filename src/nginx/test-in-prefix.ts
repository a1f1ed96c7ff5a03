import { chownSync } from 'node:fs';
import { limited } from './limits.ts';
import { asNobody, closedAncestors, nobody } from './nobody.ts';
import { prefixFiles, relocator } from './prefix.ts';
import { programFolder } from './program-folder.ts';
import { referencesOf } from './references.ts';
import { run } from './run.ts';
import type { Attempt, TestResult } from './sandbox.ts';
import * as failure from './sandbox-failure.ts';
import { unreadFiles } from './unread.ts';
import { verdictOf } from './verdict.ts';

const written = ['/run', '/var/lib/nginx', '/var/log/nginx'];

/**
 * What is left where namespaces are forbidden: our files in a throwaway prefix, under an nginx.conf of our own, on high
 * ports. nginx runs with the rights of this user, of `nobody` when that is root.
 */
export async function testInPrefix(attempt: Attempt): Promise<TestResult> {
  const { nginx, tree, timeLimit, signal, laidOut, asRoot } = attempt;
  const { root } = laidOut;
  const main = prefixFiles(nginx.configure);
  const relocate = relocator(root, new Set(tree.names));
  const files = [...prefixFiles(nginx.configure), ...tree.files.map(({ path, text }) => [path, text] as const)].map(
    ([path, text]) => [path, typeof text === 'string' ? relocate(text) : text] as const,
  );
  const logs = tree.files.flatMap(({ text }) => (typeof text === 'string' ? referencesOf(text).folders : []));
  const folders = new Set([...written, ...logs]);
  const { certificates, keys, certificatePem, keyPem } = tree.standIns;
  laidOut.fill({
    files,
    links: tree.links.map(({ path, to }) => [path, to.startsWith('/') ? root + to : to] as const),
    certificates,
    keys: new Set(keys),
    certificatePem,
    keyPem,
    folders,
  });
  if (asRoot) {
    const closed = [root, programFolder(nginx.path)].find((path) => closedAncestors(path).length > 0);
    if (closed !== undefined) return { outcome: 'failed', diagnostic: failure.unreachable(closed) };
    laidOut.shareWithNobody();
    for (const folder of folders) chownSync(root + folder, nobody, nobody);
  }
  const test = [nginx.path, '-t', '-p', root, '-c', `${root}/etc/nginx/nginx.conf`];
  const command = limited([...(asRoot ? asNobody : []), ...test], files.length, timeLimit);
  const result = await run(command, { timeLimit, signal });
  const verdict = verdictOf(nginx.path, result, result.exitCode, timeLimit);
  if ('diagnostic' in verdict) return { outcome: 'failed', diagnostic: verdict.diagnostic };
  const messages = verdict.messages
    // nginx 1.18 opens the log that it was built with, whatever it is told.
    .filter(({ text }) => !text.startsWith('could not open error log file'))
    .map(({ text, file, ...rest }) => ({
      ...rest,
      text: text.replaceAll(root, ''),
      ...(file !== undefined && { file: file.replace(root, '') }),
    }));
  const unread = unreadFiles(tree, referencesOf(main.map(([, text]) => text).join('\n')).includes);
  return { outcome: 'tested', passed: verdict.passed, messages, isolation: 'prefix', unread, skipped: [] };
}
