/** A user's own templates, laid over the shipped ones file by file. Trusted: whoever writes one can write any directive. */
import Handlebars from 'handlebars';
import { KeepgateError } from '../diagnostic.ts';
import { suggest } from '../spec/suggest.ts';
import type { CompiledTemplates } from './engine.ts';
import { compileOptions, safeAst, TemplateError } from './precompile.ts';
import { templates as shipped } from './templates.gen.js';

/**
 * `sources`: path below the folder, such as `partials/location.hbs` → text.
 * @throws KeepgateError template-unknown for a name that nothing would use; template-refused for one that can't be used
 */
export function overlayTemplates(sources: Readonly<Record<string, string>>): CompiledTemplates {
  const compiled: Record<string, TemplateSpecification> = { ...shipped };
  const included = new Map<string, string>();
  for (const [name, source] of Object.entries(sources)) {
    if (!Object.hasOwn(shipped, name) && !/^partials\/[\w-]+\.hbs$/.test(name))
      throw unknownTemplate(name, 'is not a template of keepgate');
    try {
      const code = Handlebars.precompile(safeAst(name, source), compileOptions);
      compiled[name] = new Function(`return ${code}`)();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new KeepgateError(1, { code: 'template-refused', message: error.message });
    }
    for (const partial of partialsOf(source)) included.set(`partials/${partial}.hbs`, name);
  }
  for (const [partial, name] of included)
    if (!Object.hasOwn(compiled, partial)) throw unknownTemplate(partial, `is missing; ${name} includes it`);
  for (const name of Object.keys(sources))
    if (!Object.hasOwn(shipped, name) && !included.has(name)) throw unknownTemplate(name, 'is included by no template');
  return compiled;
}

function partialsOf(source: string): string[] {
  const names: string[] = [];
  const visitor = new Handlebars.Visitor();
  visitor.PartialStatement = ({ name }) => {
    if (name.type === 'PathExpression') names.push((name as hbs.AST.PathExpression).original);
  };
  visitor.accept(Handlebars.parse(source));
  return names;
}

function unknownTemplate(name: string, problem: string): KeepgateError {
  const near = suggest(name, Object.keys(shipped));
  return new KeepgateError(1, {
    code: 'template-unknown',
    message: `${name} ${problem}${near && near !== name ? `; did you mean "${near}"?` : ''}`,
    help: `The shipped ones are ${Object.keys(shipped).join(', ')}; partials of your own go into partials/.`,
  });
}
