/**
 * The pass over parsed templates that makes wrong output impossible to write. Every mustache is quoted for nginx and has to
 * be one whole token; raw forms are refused; what a view lacks is an error, in a condition too. Handlebars' own escaping is
 * for HTML and one for the whole process, and its strict mode lets `{{#if typo}}` pass, hence this.
 */
import Handlebars from 'handlebars';
import { advance, type TokenStates } from './token-state.ts';

const blocks: ReadonlySet<string> = new Set(['if', 'unless', 'each', 'with']);

export const knownHelpers = { quote: true, known: true } as const;

/** A template that can't be used; the message says where and why. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A template, parsed and made safe. `name` is for messages. @throws TemplateError */
export function safeAst(name: string, source: string): hbs.AST.Program {
  let program: hbs.AST.Program;
  try {
    program = Handlebars.parse(source);
  } catch (error) {
    // The first line says where and the last one what; the picture between is not for one line.
    const [where = '', ...rest] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new TemplateError([`${name}: ${where}`, ...rest.slice(-1)].join(' '));
  }
  const end = new Check(name).program(program, new Set(['gap']));
  if (!isGap(end)) throw new TemplateError(`${name}: it does not end where a directive may begin`);
  quoteAll(program);
  return withoutPlaces(program);
}

/** Templates as the text of a JavaScript module that exports them compiled: by name, for `Handlebars.template`. */
export function precompile(sources: Readonly<Record<string, string>>): string {
  const entries = Object.entries(sources).map(([name, source]) => {
    const code = Handlebars.precompile(safeAst(name, source), compileOptions);
    return `  ${JSON.stringify(name)}: ${code},\n`;
  });
  return `export const templates = {\n${entries.join('')}};\n`;
}

export const compileOptions = { knownHelpers, knownHelpersOnly: true, data: false } as const;

/** Refuses what is not allowed, and follows the lexer: every mustache has to stand where a token may begin. */
class Check {
  readonly #template: string;

  constructor(template: string) {
    this.#template = template;
  }

  program(program: hbs.AST.Program | undefined, before: TokenStates): TokenStates {
    return program?.body.reduce((states, statement) => this.#statement(statement, states), before) ?? before;
  }

  #statement(node: hbs.AST.Statement, states: TokenStates): TokenStates {
    switch (node.type) {
      case 'ContentStatement': {
        const after = advance(states, (node as hbs.AST.ContentStatement).value);
        return after ?? this.#refuse(node, 'text follows a value without a space; a value is a whole token');
      }
      case 'CommentStatement':
        return states;
      case 'MustacheStatement':
        return this.#mustache(node as hbs.AST.MustacheStatement, states);
      case 'BlockStatement':
        return this.#block(node as hbs.AST.BlockStatement, states);
      case 'PartialStatement':
        return this.#partial(node as hbs.AST.PartialStatement, states);
      default:
        return this.#refuse(node, `${node.type} has no place in a template`);
    }
  }

  #mustache(node: hbs.AST.MustacheStatement, states: TokenStates): TokenStates {
    if (!node.escaped) this.#refuse(node, 'raw mustaches ({{{x}}}, {{&x}}) are refused; every value is quoted');
    if (node.params.length > 0 || node.hash) this.#refuse(node, 'helpers are refused; the view holds whole values');
    const { original } = this.#path(node.path);
    if (states.size === 1 && states.has('comment')) return states;
    if (!isGap(states)) this.#refuse(node, `{{${original}}} is glued to what precedes it; put a space between`);
    return new Set(['closed']);
  }

  #block(node: hbs.AST.BlockStatement, states: TokenStates): TokenStates {
    const name = node.path.type === 'PathExpression' ? (node.path as hbs.AST.PathExpression).original : '';
    if (!blocks.has(name) || node.params.length !== 1 || node.hash)
      this.#refuse(node, `{{#${name}}} is refused; blocks are if, unless, each and with, with one value`);
    for (const param of node.params) this.#path(param);
    let before = states;
    let after = this.program(node.program, before);
    // the next round of a list begins where the last one ended
    while (name === 'each' && ![...after].every((state) => before.has(state))) {
      before = new Set([...before, ...after]);
      after = this.program(node.program, before);
    }
    return new Set([...after, ...this.program(node.inverse, states)]);
  }

  #partial(node: hbs.AST.PartialStatement, states: TokenStates): TokenStates {
    if (node.name.type !== 'PathExpression') this.#refuse(node, 'a partial is named, not computed');
    if (node.hash || node.params.length > 1) this.#refuse(node, 'a partial takes one value');
    for (const param of node.params) this.#path(param);
    if (!isGap(states)) this.#refuse(node, 'a partial begins where a directive may begin');
    return states;
  }

  #path(node: hbs.AST.Node): hbs.AST.PathExpression {
    if (node.type !== 'PathExpression') this.#refuse(node, 'only names of the view can be used');
    return node as hbs.AST.PathExpression;
  }

  #refuse(node: hbs.AST.Node, why: string): never {
    const { line, column } = node.loc.start;
    throw new TemplateError(`${this.#template}:${line}:${column + 1}: ${why}`);
  }
}

/** Handlebars hands each helper its place in the template, made anew for every call: a third of a render. */
function withoutPlaces(program: hbs.AST.Program): hbs.AST.Program {
  return JSON.parse(JSON.stringify(program, (key, value) => (key === 'loc' ? undefined : value)));
}

function isGap(states: TokenStates): boolean {
  return states.size === 1 && states.has('gap');
}

/**
 * Puts the helper `quote` around every mustache and `known` around the value of every partial; blocks are told the name of
 * theirs.
 */
function quoteAll(program: hbs.AST.Program | undefined): void {
  for (const node of program?.body ?? []) {
    switch (node.type) {
      case 'MustacheStatement': {
        const mustache = node as hbs.AST.MustacheStatement;
        mustache.params = withName(mustache.path as hbs.AST.PathExpression);
        mustache.path = helper('quote', node);
        mustache.escaped = false;
        break;
      }
      case 'BlockStatement': {
        const block = node as hbs.AST.BlockStatement;
        block.params = block.params.flatMap(withName);
        quoteAll(block.program);
        quoteAll(block.inverse);
        break;
      }
      case 'PartialStatement': {
        const partial = node as hbs.AST.PartialStatement;
        partial.params = partial.params.map(known);
        break;
      }
    }
  }
}

function known(param: hbs.AST.Expression): hbs.AST.Expression {
  const path = helper('known', param);
  return { type: 'SubExpression', loc: param.loc, path, params: withName(param) } as hbs.AST.SubExpression;
}

/** The arguments of a helper: the value, and how the template calls it. */
function withName(value: hbs.AST.Expression): hbs.AST.Expression[] {
  const { original } = value as hbs.AST.PathExpression;
  return [value, { type: 'StringLiteral', loc: value.loc, value: original, original } as hbs.AST.StringLiteral];
}

function helper(name: string, at: hbs.AST.Node): hbs.AST.PathExpression {
  return {
    type: 'PathExpression',
    loc: at.loc,
    original: name,
    parts: [name],
    depth: 0,
    data: false,
  } as hbs.AST.PathExpression;
}
