/** A user's own templates, laid over the shipped ones file by file. Trusted: whoever writes one can write any directive. */
import Handlebars from 'handlebars';
import { KeepgateError } from '../diagnostic.ts';
import type { CompiledTemplates } from './engine.ts';
import { compileOptions, safeAst, TemplateError } from './precompile.ts';
import { templates as shipped } from './templates.gen.js';

/** `sources`: path below the folder, such as `partials/location.hbs` → text. @throws KeepgateError for one that is refused */
export function overlayTemplates(sources: Readonly<Record<string, string>>): CompiledTemplates {
  const compiled: Record<string, TemplateSpecification> = { ...shipped };
  for (const [name, source] of Object.entries(sources)) {
    try {
      const code = Handlebars.precompile(safeAst(name, source), compileOptions);
      compiled[name] = new Function(`return ${code}`)();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new KeepgateError(1, { code: 'template-refused', message: error.message });
    }
  }
  return compiled;
}
