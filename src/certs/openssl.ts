/** OpenSSL's command line, for the formats that node:crypto doesn't read. */
import process from 'node:process';
import { execa } from 'execa';
import { KeepgateError } from '../diagnostic.ts';

export interface OpensslResult {
  readonly ok: boolean;
  /** May hold a private key, as `bytes` may. */
  readonly stdout: string;
  /** The same, as it came. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

/** Milliseconds; PFX files with a million rounds of key derivation need seconds. */
const timeLimit = 60_000;

/**
 * Runs it with these bytes on standard input. A password goes through a pipe, which the arguments name as `fd:3`: no other
 * user's process list and no file ever has it.
 * @throws KeepgateError openssl-missing (4)
 */
export async function openssl(args: readonly string[], input: Buffer, password?: string): Promise<OpensslResult> {
  const result = await execa('openssl', args, {
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    extendEnv: false,
    stdio: [[input], 'pipe', 'pipe', ...(password === undefined ? [] : [[Buffer.from(`${password}\n`)]])],
    reject: false,
    timeout: timeLimit,
    stripFinalNewline: false,
    encoding: 'buffer',
  });
  if (result.code === 'ENOENT')
    throw new KeepgateError(4, {
      code: 'openssl-missing',
      message: 'the program openssl, which reads and writes PFX and P7B files, is not installed here',
      help: 'Install it (sudo apt-get install openssl), or use PEM files instead.',
    });
  const [stdout, stderr] = [result.stdout, result.stderr].map((output) => Buffer.from(output ?? []));
  const bytes = stdout ?? Buffer.alloc(0);
  return { ok: result.exitCode === 0, stdout: bytes.toString(), bytes, stderr: String(stderr) };
}
