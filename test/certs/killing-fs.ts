/** node:fs for a process that dies right before its n-th change of a file or folder, n being in KILL_AT. */
import { createRequire } from 'node:module';
import process from 'node:process';

const fs: typeof import('node:fs') = createRequire(import.meta.url)('fs');
let count = 0;

function counted<T extends (...args: never[]) => unknown>(operation: T): T {
  return ((...args: never[]) => {
    count += 1;
    if (count === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL');
    return operation(...args);
  }) as T;
}

export const { accessSync, closeSync, constants, existsSync, fstatSync, lstatSync, readdirSync, readFileSync } = fs;
export const { readlinkSync, readSync, statSync, utimesSync } = fs;
export const fchmodSync = counted(fs.fchmodSync);
export const fchownSync = counted(fs.fchownSync);
export const fsync = counted(fs.fsync);
export const fsyncSync = counted(fs.fsyncSync);
export const linkSync = counted(fs.linkSync);
export const mkdirSync = counted(fs.mkdirSync);
export const openSync = counted(fs.openSync);
export const renameSync = counted(fs.renameSync);
export const rmdirSync = counted(fs.rmdirSync);
export const rmSync = counted(fs.rmSync);
export const symlinkSync = counted(fs.symlinkSync);
export const truncateSync = counted(fs.truncateSync);
export const unlinkSync = counted(fs.unlinkSync);
export const writeSync = counted(fs.writeSync);
