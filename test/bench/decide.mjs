// @ts-check
// Prints how many milliseconds of processor time it takes to resolve and render a spec that is parsed already, in a
// process set up like the program's own: node decide.mjs SPEC
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { loadSpec, render, resolve } from '../../dist/index.js';
import { target } from './target.mjs';

setFlagsFromString('--no-opt'); // as src/bin.ts does
const [, , file = ''] = process.argv;
const { spec, places } = loadSpec([{ file, bytes: readFileSync(file) }]);
if (!spec) throw new Error(`${file} is not a spec`);
const before = process.cpuUsage();
const { model } = resolve(spec, places, { target, layout: 'debian', allowRaw: false });
render(model, target);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000);
