// @ts-check
// npm run build: generates what is generated, bundles src/ into dist/, and writes the declarations.
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { generateTemplates, generateTypes, generateValidator, generateVersion, write } from './generate.mjs';

process.chdir(join(import.meta.dirname, '..'));
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const schemaText = readFileSync('src/spec/schema.json', 'utf8');

/** @type {import('esbuild').BuildOptions & { write: false, metafile: true }} */
const options = {
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifyWhitespace: true,
  charset: 'utf8',
  sourcemap: 'external', // the tests' coverage reads it; a link would make each process under coverage do so
  sourcesContent: false,
  legalComments: 'none',
  write: false,
  metafile: true,
  logLevel: 'warning',
};

/**
 * Start-up is part of the product. yargs loads what only its help needs (laying out columns, 25 ms of regular expressions),
 * so that is loaded when it is called, and so is node:crypto (10 ms), which rendering needs for the manifest alone; and the
 * module forms of yaml and jsonc-parser can be pruned, the CommonJS ones can't.
 *
 * @type {import('esbuild').Plugin}
 */
const quickStart = {
  name: 'quick-start',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(cliui|string-width)$/ }, ({ path, importer, namespace, resolveDir }) =>
      namespace !== 'late' && importer.includes('/yargs/')
        ? { path, namespace: 'late', pluginData: resolveDir }
        : undefined,
    );
    onResolve({ filter: /^node:crypto$/ }, ({ path, importer }) =>
      importer.endsWith('/render/render.ts') ? { path, namespace: 'late-crypto' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'late-crypto' }, () => ({
      contents: `export const createHash = (name) => require('node:crypto').createHash(name);`,
    }));
    onLoad({ filter: /./, namespace: 'late' }, ({ path, pluginData }) => ({
      contents: `export default (...values) => require(${JSON.stringify(path)}).default(...values);`,
      resolveDir: pluginData,
    }));
    onResolve({ filter: /^yaml$/ }, () => ({ path: join(process.cwd(), 'node_modules/yaml/browser/dist/index.js') }));
    onResolve({ filter: /^jsonc-parser$/ }, () => ({
      path: join(process.cwd(), 'node_modules/jsonc-parser/lib/esm/main.js'),
    }));
  },
};

/**
 * Of acme-client we use the signing and the requests: our own transport stands where axios was, and keys, requests and challenges
 * are ours. Without the rest it is 25 kB instead of 1.3 MB, and loads in 20 ms of CPU time instead of 220.
 *
 * @type {import('esbuild').Plugin}
 */
const leanAcmeClient = {
  name: 'lean-acme-client',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^(\.\/axios|\.\/auto|\.\/verify|\.\/crypto\/forge|debug|asn1js|@peculiar\/x509)$/ },
      ({ path, importer }) => (importer.includes('/acme-client/src/') ? { path, namespace: 'left-out' } : undefined),
    );
    // What is called while it loads, and nothing else: a call of something left out fails at once.
    onLoad({ filter: /./, namespace: 'left-out' }, ({ path }) => {
      if (path === 'debug') return { contents: 'module.exports = () => () => {}' };
      if (path === '@peculiar/x509') return { contents: 'exports.cryptoProvider = { set() {} }' };
      return { contents: 'module.exports = {}' };
    });
  },
};

/** The program and the library share their chunks; what a command alone needs stays in a chunk of its own. */
const bundle = () =>
  build({
    ...options,
    entryPoints: { main: 'src/bin.ts', index: 'src/index.ts' },
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    plugins: [quickStart, leanAcmeClient],
    // CommonJS packages inside an ES module look for it.
    banner: {
      js: "import{createRequire as $createRequire}from'node:module';const require=$createRequire(import.meta.url);",
    },
  });

/** dist/bin.js is the launcher alone: any Node can read it, and it loads the program only when there is something to do. */
const bundleLauncher = () =>
  build({
    ...options,
    entryPoints: { bin: 'src/launcher.ts' },
    target: 'es2020',
    plugins: [
      {
        name: 'program',
        setup: ({ onResolve }) => onResolve({ filter: /^\.\/bin\.ts$/ }, () => ({ path: './main.js', external: true })),
      },
    ],
  });

const declarations = async () => {
  rmSync('dist/types', { recursive: true, force: true });
  await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']);
  write('dist/types/spec/validate.gen.d.ts', readFileSync('src/spec/validate.gen.d.ts'));
};

/**
 * New files first, the entries after what they import, and only then the old ones go: a program that is running meanwhile
 * finds all its parts.
 *
 * @param {import('esbuild').OutputFile[]} files
 */
const writeBundle = (files) => {
  const isEntry = (/** @type {string} */ path) => !path.includes('/chunks/');
  for (const file of [...files].sort((a, b) => Number(isEntry(a.path)) - Number(isEntry(b.path)))) {
    write(file.path, file.contents);
  }
  chmodSync('dist/bin.js', 0o755);
  const kept = new Set(files.map(({ path }) => relative('dist', path)));
  for (const name of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
    if (/\.js(\.map)?$/.test(name) && !kept.has(name)) rmSync(join('dist', name));
  }
};

/**
 * @param {import('esbuild').Metafile[]} metafiles
 * @returns {string} the licence of every package that became part of dist/
 */
const licences = (metafiles) => {
  const outputs = metafiles.flatMap((metafile) => Object.values(metafile.outputs));
  const inputs = outputs.flatMap((output) => Object.entries(output.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
  const folders = used.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0]);
  const packages = [...new Set(folders.filter((folder) => folder !== undefined))].sort();
  const sections = packages.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${folder} is bundled but has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return ['keepgate contains parts of these packages.\n', ...sections].join(`\n${'-'.repeat(80)}\n\n`);
};

generateVersion(version);
const schema = JSON.parse(schemaText);
const [validator] = await Promise.all([
  generateValidator(structuredClone(schema)),
  generateTypes(structuredClone(schema)),
  generateTemplates(),
]);
const [main, launcher] = await Promise.all([bundle(), bundleLauncher(), declarations()]);
writeBundle([...main.outputFiles, ...launcher.outputFiles]);
write('dist/schema.json', schemaText);
write('dist/THIRD-PARTY.txt', licences([validator, main.metafile, launcher.metafile]));
if (!existsSync('dist/types/index.d.ts')) throw new Error('tsc wrote no dist/types/index.d.ts');
