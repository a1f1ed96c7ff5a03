/** keepgate as a library: the same functions that the program calls. */
export { type Diagnostic, KeepgateError, type Location, type Severity } from './diagnostic.ts';
export { expand } from './model/expand.ts';
export { type Resolved, type ResolveOptions, resolve } from './model/resolve.ts';
export type { Model, Site } from './model/site.ts';
export type { Target } from './model/target.ts';
export { inspectNginx, type NginxBinary } from './nginx/binary.ts';
export { type Manifest, type Rendered, type RenderedFile, type RenderedLink, render } from './render/render.ts';
export type { SpecSource } from './spec/document.ts';
export { type LoadedSpec, loadSpec, Places } from './spec/load.ts';
export type { Spec } from './spec/types.gen.ts';
export { type Gate, type GateOptions, startGate } from './verify/harness.ts';
