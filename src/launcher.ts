#!/usr/bin/env node
// What dist/bin.js is made of. It has to be readable for a Node that is far too old, and it costs next to nothing, so:
// plain syntax, no import before it is known what is to be done.
import { version } from './version.gen.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`keepgate needs Node.js 20.19 or newer, and this is ${process.versions.node}: https://nodejs.org`);
  process.exitCode = 4;
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  console.log(version);
} else {
  import('./bin.ts');
}
