import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { watchErrorLog } from '../../src/deploy/error-log.ts';
import { type ThrowawayFolder, throwawayFolder } from '../../src/verify/throwaway.ts';

let folder: ThrowawayFolder;
let file = '';
beforeEach(() => {
  folder = throwawayFolder();
  file = join(folder.path, 'error.log');
});
afterEach(() => folder.remove());

const line = (level: string, text: string) => `2026/01/02 03:04:05 [${level}] 17#17: *3 ${text}\n`;
const none = 4194305; // beyond the largest pid

it('has the severe messages since it began, and no others', () => {
  writeFileSync(file, line('emerg', 'before'));
  const watch = watchErrorLog(none, file);
  expect(watch.files).toEqual([file]);
  expect(watch.severe()).toEqual([]);
  appendFileSync(file, line('error', 'usual') + line('alert', 'odd [emerg] 1#1: x') + line('emerg', 'bad'));
  appendFileSync(file, 'no message [emerg] 17#17: x\n');
  const expected = [
    { level: 'alert', pid: 17, text: 'odd [emerg] 1#1: x' },
    { level: 'emerg', pid: 17, text: 'bad' },
  ];
  expect(watch.severe()).toEqual(expected);
  expect(watch.severe()).toEqual(expected);
});

it('reads a log that was rotated or emptied from its beginning', () => {
  writeFileSync(file, line('emerg', 'a long message before'));
  const watch = watchErrorLog(none, file);
  writeFileSync(file, line('emerg', 'short'));
  expect(watch.severe()).toMatchObject([{ text: 'short' }]);
  renameSync(file, `${file}.1`);
  expect(watch.severe()).toEqual([]);
  writeFileSync(file, line('emerg', 'a much longer message than any of those before it'));
  expect(watch.severe()).toMatchObject([{ text: 'a much longer message than any of those before it' }]);
});

it('reads nothing where there is no file', () => {
  for (const path of [file, '/dev/null', folder.path, undefined]) {
    const watch = watchErrorLog(none, path);
    expect(watch.files).toEqual([]);
    expect(watch.severe()).toEqual([]);
  }
  // A test's standard error is a pipe or a terminal.
  expect(() => watchErrorLog(process.pid).severe()).not.toThrow();
});
