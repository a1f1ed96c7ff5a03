import Handlebars from 'handlebars';
import type { CompiledTemplates } from '../../src/render/engine.ts';
import { compileOptions, safeAst } from '../../src/render/precompile.ts';

/** Templates as the product compiles them, by name. @throws TemplateError */
export function compiled(sources: Readonly<Record<string, string>>): CompiledTemplates {
  return Object.fromEntries(
    Object.entries(sources).map(([name, source]) => [
      name,
      new Function(`return ${Handlebars.precompile(safeAst(name, source), compileOptions)}`)(),
    ]),
  );
}
