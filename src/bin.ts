/** The program: this process's streams in, its exit code out. */
import process from 'node:process';
import { main } from './cli/program.ts';

process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
});
