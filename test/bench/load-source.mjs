// @ts-check
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What a bundle of modules in CommonJS asks for. */
const banner = `import { createRequire } from 'node:module'; const require = createRequire('/');`;

/**
 * Imports a module of the repository that is written in TypeScript.
 *
 * @param {string} path from the root of the repository
 */
export const loadSource = async (path) => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../${path}`, import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    banner: { js: banner },
    write: false,
  });
  return await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
};
