import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Compares a text with the file that holds it; `UPDATE_FIXTURES=1` writes the file instead, and a person reads the diff. */
export function expectText(text: string, path: string): void {
  if (process.env.UPDATE_FIXTURES) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
    return;
  }
  expect(text).toBe(readFileSync(path, 'utf8'));
}
