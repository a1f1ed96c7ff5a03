/** Java's keytool, which alone writes JKS. */
import { delimiter } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { KeepgateError } from '../../diagnostic.ts';

/** Where there is one without a Java of the system's: HCL Domino on Linux brings its own. */
const dominosJava = '/opt/hcl/domino/notes/latest/linux/jvm/bin';
/** Milliseconds. */
const timeLimit = 60_000;

/**
 * Runs it to its end. Passwords are in `env`, whose names stand in the arguments: /proc shows a process's environment to its own
 * user alone.
 * @throws KeepgateError keytool-missing, export-failed (4)
 */
export async function keytool(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { PATH = '', JAVA_HOME } = process.env;
  const folders = [PATH, ...(JAVA_HOME === undefined ? [] : [`${JAVA_HOME}/bin`]), dominosJava].filter(Boolean);
  const result = await execa('keytool', ['-J-XX:-UsePerfData', ...args], {
    env: { ...env, PATH: folders.join(delimiter), LC_ALL: 'C.UTF-8' },
    extendEnv: false,
    stdio: ['ignore', 'pipe', 'pipe'],
    reject: false,
    timeout: timeLimit,
  });
  if (result.exitCode === 0) return;
  if (result.code === 'ENOENT')
    throw new KeepgateError(4, {
      code: 'keytool-missing',
      message: "Java's program keytool, which writes JKS, is not installed here",
      help: 'Install it (sudo apt-get install openjdk-17-jre-headless), or take --as pfx, which Java opens too.',
    });
  throw new KeepgateError(4, {
    code: 'export-failed',
    message: 'keytool -importkeystore could not make the JKS',
    help: 'See whether it works at all (keytool -help), or take --as pfx, which Java opens too.',
  });
}
