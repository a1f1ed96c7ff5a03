/** Runs compiled templates: in an environment of its own, so that nothing of a library user's Handlebars is touched. */
import type * as Handlebars from 'handlebars';
import runtime from 'handlebars/runtime.js';
import { RawText } from '../model/site.ts';
import { quote } from './quote.ts';

/** Names of templates → what `Handlebars.precompile` made of them. */
export type CompiledTemplates = Readonly<Record<string, unknown>>;

export type Render = (template: string, view: object) => string;

/**
 * Registers templates; `partials/listen.hbs` can be included as `listen`.
 * The function returned throws TypeError when a template uses what the view lacks or what can't be quoted.
 */
export function engine(compiled: CompiledTemplates): Render {
  const environment = (runtime as unknown as typeof Handlebars).create(); // the package declares no types for its runtime
  environment.registerHelper(helpers);
  const templates = new Map<string, HandlebarsTemplateDelegate>();
  for (const [name, specification] of Object.entries(compiled)) {
    const template = environment.template(specification as TemplateSpecification);
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

type Block = Pick<Handlebars.HelperOptions, 'fn' | 'inverse' | 'data'>;

/** In place of Handlebars' own blocks, which don't know the name of their value, and are slower. */
const helpers = {
  quote: (value: unknown, name: string): string => show(known(value, name), name),
  known,
  if(this: unknown, value: unknown, name: string, { fn, inverse }: Block): string {
    return isThere(known(value, name)) ? fn(this) : inverse(this);
  },
  unless(this: unknown, value: unknown, name: string, { fn, inverse }: Block): string {
    return isThere(known(value, name)) ? inverse(this) : fn(this);
  },
  with(this: unknown, value: unknown, name: string, { fn, inverse }: Block): string {
    return isThere(known(value, name)) ? fn(value, { blockParams: [value] }) : inverse(this);
  },
  each(this: unknown, value: unknown, name: string, { fn, inverse, data }: Block): string {
    if (!isThere(known(value, name))) return inverse(this);
    if (!Array.isArray(value)) throw new TypeError(`a template goes through "${name}", which is no list`);
    const last = value.length - 1;
    return value
      .map((item, index) => {
        const frame = data && { ...data, _parent: data, index, key: index, first: index === 0, last: index === last };
        return fn(item, { data: frame, blockParams: [item, index] });
      })
      .join('');
  },
};

function isThere(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
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
