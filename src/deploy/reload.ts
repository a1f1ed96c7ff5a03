import process from 'node:process';
import type { Diagnostic } from '../diagnostic.ts';
import { printable } from '../nginx/printable.ts';
import { run } from '../nginx/run.ts';
import { watchErrorLog } from './error-log.ts';
import { installedNginx, type NginxInstance } from './nginx-instance.ts';
import { type Evidence, type Observation, observe } from './observe.ts';
import { type NginxProcess, nginxOf } from './processes.ts';
import { type ExpectedCertificate, isServed } from './served-certificate.ts';
import { testConfiguration } from './test-configuration.ts';

export interface ReloadOptions {
  /** Default: the nginx that is installed here. */
  readonly instance?: NginxInstance;
  /** What has to be served afterwards. */
  readonly expect?: readonly ExpectedCertificate[];
  /** Milliseconds that nginx is watched for at most, 10 s unless given. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal;
  /** The master as it was seen before: one that has lost all its workers is known by this alone. */
  readonly master?: NginxProcess | undefined;
}

/** `reloaded` and `not-running` are good ends; `diagnostics` say why it is another, and hold nginx's warnings. */
export interface ReloadResult {
  readonly outcome: 'reloaded' | 'not-running' | 'test-failed' | 'not-taken';
  readonly diagnostics: readonly Diagnostic[];
  /** What was seen after a reload. */
  readonly evidence?: Evidence;
}

/** Whether no nginx runs with anything but what is on disk. */
export function isLoaded(result: ReloadResult): result is ReloadResult & { outcome: 'reloaded' | 'not-running' } {
  return result.outcome === 'reloaded' || result.outcome === 'not-running';
}

/** Milliseconds for `systemctl reload` and `nginx -s reload`, which reads the configuration once more. */
const commandLimit = 90_000;

/**
 * Tests the real configuration, has nginx read it, and watches whether it did: the master the same, all workers new, no
 * complaint in the error log, every expected certificate served. nginx keeps its old configuration although the test
 * passed and the reload exited 0 when a port is held by another program, when a shared zone has another key, or when a
 * cache has another path. What is on disk is left alone: see `reloadOrPutBack`.
 * @throws KeepgateError nginx-not-runnable (4); the signal's reason when it is aborted
 */
export async function testReloadObserve(options: ReloadOptions = {}): Promise<ReloadResult> {
  const { expect = [], timeLimit = 10_000, signal } = options;
  const instance = options.instance ?? (await installedNginx());
  if (instance === undefined) return { outcome: 'not-running', diagnostics: [] };
  const { passed, diagnostics: said } = await testConfiguration(instance, signal);
  if (!passed) return { outcome: 'test-failed', diagnostics: said };
  const running = nginxOf(instance.pidFile, options.master);
  if (running === undefined) return { outcome: 'not-running', diagnostics: said };
  const { pid } = running.master;
  const before = { ...running, log: watchErrorLog(pid, instance.errorLog) };
  const refused = await reload(instance, pid, signal);
  if (refused !== undefined) return { outcome: 'not-taken', diagnostics: [...said, refused] };
  const observation = await observe(before, { expect, timeLimit, signal });
  const { evidence } = observation;
  if (observation.taken) return { outcome: 'reloaded', diagnostics: said, evidence };
  return { outcome: 'not-taken', diagnostics: [...said, ...reasons(observation, timeLimit)], evidence };
}

/** Why it could not even be asked. */
async function reload(instance: NginxInstance, master: number, signal?: AbortSignal): Promise<Diagnostic | undefined> {
  if (instance.reload === 'signal') {
    try {
      process.kill(master, 'SIGHUP');
      return undefined;
    } catch (error) {
      return failed(`process ${master} can't be signalled (${error instanceof Error ? error.message : error})`);
    }
  }
  const { exitCode, stderr, startError } = await run(instance.reload, { timeLimit: commandLimit, signal });
  if (exitCode === 0) return undefined;
  const words = printable(stderr, 300) || startError || `exit code ${exitCode}`;
  return failed(`"${instance.reload.join(' ')}" failed: ${words}`);
}

function failed(message: string): Diagnostic {
  const help = "Reloading the machine's nginx takes root's rights: run keepgate with sudo.";
  return { code: 'reload-command-failed', severity: 'error', message, help };
}

function reasons(observation: Observation & { taken: false }, timeLimit: number): Diagnostic[] {
  const { evidence, why } = observation;
  if (why === 'certificate') {
    return evidence.served
      .filter((certificate) => !isServed(certificate))
      .map(({ host, address, port, fingerprint, served, failure }) => ({
        code: 'reload-certificate-not-served',
        severity: 'error',
        message: `${host} at ${address}:${port} does not serve the certificate ${short(fingerprint)}: ${
          served === undefined ? `no handshake (${printable(failure ?? '', 200)})` : `it serves ${short(served)}`
        }`,
        help: 'Another server block may answer for this name, or nginx reads the certificate from another path.',
      }));
  }
  const words = [...new Set(evidence.log.map(({ level, text }) => `[${level}] ${printable(text, 300)}`))].slice(0, 5);
  const where =
    evidence.logFiles.length === 0 ? 'its error log can not be read' : `see ${evidence.logFiles.join(', ')}`;
  const what = {
    complaint: 'nginx was told to reload and complained',
    'master-gone': `nginx's master process ${evidence.master.pid} is gone after the reload`,
    'workers-kept': `nginx was told to reload and still has its old workers after ${timeLimit / 1000} s`,
  }[why];
  const message = `${what}${words.length === 0 ? ` (${where})` : `: ${words.join('; ')}`}`;
  return [{ code: 'reload-not-taken', severity: 'error', message, help: helpFor(words.join('\n')) }];
}

function helpFor(words: string): string {
  if (words.includes('bind()'))
    return 'Another program has the port: find it with "ss -ltnp", end it or give the site another port.';
  if (/ uses the ".*" (key|cache path) while previously/.test(words))
    return 'nginx can not change a shared zone while it runs: give the zone another name, or restart nginx.';
  return 'nginx goes on with the configuration that it had before.';
}

const short = (fingerprint: string) => `${fingerprint.replaceAll(':', '').toLowerCase().slice(0, 16)}…`;
