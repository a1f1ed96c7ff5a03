/** Runs compiled templates: in an environment of its own, so that nothing of a library user's Handlebars is touched. */
import type * as Handlebars from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { RawText } from '../model/site.ts';
import { quote } from './quote.ts';

/** Names of templates → what `Handlebars.precompile` made of them. */
export type CompiledTemplates = Readonly<Record<string, TemplateSpecification>>;

export type Render = (template: string, view: object) => string;

/**
 * Registers templates; `partials/listen.hbs` can be included as `listen`.
 * The function returned throws TypeError when a template uses what the view lacks or what can't be quoted.
 */
export function engine(compiled: CompiledTemplates): Render {
  const environment = (runtime as unknown as typeof Handlebars).create(); // the package declares no types for its runtime
  environment.registerHelper('quote', (value: unknown, name: string) => show(known(value, name), name));
  environment.registerHelper('known', known);
  const templates = new Map<string, HandlebarsTemplateDelegate>();
  for (const [name, specification] of Object.entries(compiled)) {
    const template = environment.template(specification);
    templates.set(name, template);
    const partial = /^partials\/(.+)\.hbs$/.exec(name)?.[1];
    if (partial !== undefined) environment.registerPartial(partial, template);
  }
  return (name, view) => {
    const template = templates.get(name);
    if (!template) throw new TypeError(`there is no template ${name}`);
    return template(view);
  };
}

function known(value: unknown, name: string): unknown {
  if (value === undefined) throw new TypeError(`a template uses "${name}", which its view does not have`);
  return value;
}

function show(value: unknown, name: string): string {
  if (value instanceof RawText) return value.lines.join('\n');
  try {
    return quote(value);
  } catch (error) {
    throw new TypeError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
