// @ts-check
// What is generated from its one source before anything is compiled: types and validator from the JSON Schema, the
// templates' code from their text, the version from package.json. Every output is a function of its input alone.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { _, Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { compile } from 'json-schema-to-typescript';

/**
 * Writes a file whole or not at all, and not when nothing changed: a running test may be reading it.
 *
 * @param {string} path
 * @param {string | Uint8Array} content
 */
export const write = (path, content) => {
  const bytes = Buffer.from(content);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, path);
};

const banner = (/** @type {string} */ source) => `// Generated from ${source} by npm run build; not to be edited.\n`;

/** @param {string} version */
export const generateVersion = (version) =>
  write('src/version.gen.ts', `${banner('package.json')}export const version = ${JSON.stringify(version)};\n`);

/** @param {import('json-schema-to-typescript').JSONSchema} schema */
export const generateTypes = async (schema) => {
  const options = {
    bannerComment: banner('schema.json').trimEnd(),
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    format: false,
  };
  write('src/spec/types.gen.ts', await compile(schema, 'Spec', options));
};

/**
 * ajv's standalone code, as a module that needs no ajv at run time.
 *
 * @param {import('ajv').AnySchemaObject} schema
 * @returns {Promise<import('esbuild').Metafile>} which of ajv's own files became part of it
 */
export const generateValidator = async (schema) => {
  const formats = Object.fromEntries([...formatNames(schema)].map((name) => [name, () => true]));
  const ajv = new Ajv({
    allErrors: true,
    messages: false, // keepgate's own say more
    strict: true,
    strictRequired: false, // a branch may require what its parent defines
    allowUnionTypes: true,
    discriminator: true,
    formats,
    code: { source: true, esm: true, lines: true, formats: _`formats` },
  });
  const code = standalone.default(ajv, ajv.compile(withoutProse(schema)));
  // ajv writes require() for its helpers even into a module, so they are bundled in.
  const result = await build({
    stdin: {
      contents: `import { formats } from './formats.ts';\n${code}`,
      resolveDir: 'src/spec',
      sourcefile: 'schema.json',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['./formats.ts'],
    minifySyntax: true,
    charset: 'utf8',
    banner: { js: banner('schema.json') },
    write: false,
    metafile: true,
    logLevel: 'warning',
  });
  for (const file of result.outputFiles) write('src/spec/validate.gen.js', file.text);
  write('src/spec/validate.gen.d.ts', validatorTypes);
  return result.metafile;
};

const validatorTypes = `${banner('schema.json')}/** One violation of the schema: \`instancePath\` is a JSON Pointer into the data, \`schemaPath\` one into the schema. */
export interface SchemaError {
  keyword: string;
  instancePath: string;
  schemaPath: string;
  params: Record<string, unknown>;
  propertyName?: string;
}
/** Checks data against schema.json, all of it; \`errors\` belongs to the latest call. */
export declare const validate: { (data: unknown): boolean; errors?: SchemaError[] | null };
`;

/**
 * @param {import('ajv').AnySchemaObject} schema
 * @returns {import('ajv').AnySchemaObject} the schema without what validates nothing: ajv copies parts of it into its code
 */
const withoutProse = (schema) =>
  JSON.parse(JSON.stringify(schema), (key, value) =>
    typeof value === 'string' && (key === 'description' || key === 'title') ? undefined : value,
  );

/**
 * @param {unknown} schema
 * @param {Set<string>} names
 * @returns {Set<string>} every "format" that the schema names
 */
const formatNames = (schema, names = new Set()) => {
  if (typeof schema !== 'object' || schema === null) return names;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'format' && typeof value === 'string') names.add(value);
    else formatNames(value, names);
  }
  return names;
};

/** templates/**.hbs, keyed by their path below templates/, through the product's own compiler (src/render/precompile.ts). */
export const generateTemplates = async () => {
  const compiler = `node_modules/.cache/keepgate/precompile-${process.pid}.mjs`;
  await build({
    entryPoints: ['src/render/precompile.ts'],
    outfile: compiler,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  });
  const { precompile } = await import(pathToFileURL(compiler).href);
  /** @type {Record<string, string>} */
  const sources = {};
  for (const entry of (await readdir('templates', { recursive: true })).sort()) {
    if (entry.endsWith('.hbs')) {
      const path = join('templates', entry);
      sources[relative('templates', path).split(sep).join('/')] = await readFile(path, 'utf8');
    }
  }
  write('src/render/templates.gen.js', `${banner('templates/')}${precompile(sources)}`);
};
