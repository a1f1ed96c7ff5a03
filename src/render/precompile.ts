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
    throw new TemplateError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const end = new Pass(name).program(program, new Set(['gap']));
  if (![...end].every((state) => state === 'gap'))
    throw new TemplateError(`${name}: it does not end where a directive may begin`);
  return program;
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

class Pass {
  readonly #template: string;

  constructor(template: string) {
    this.#template = template;
  }

  program(program: hbs.AST.Program, before: TokenStates): TokenStates {
    return program.body.reduce((states, statement) => this.#statement(statement, states), before);
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
    const path = this.#path(node.path);
    const inComment = states.has('comment') && states.size === 1;
    if (!inComment && !(states.has('gap') && states.size === 1))
      this.#refuse(node, `{{${path.original}}} is glued to other text; a value is a whole token`);
    node.params = [path, literal(path.original, node)];
    node.path = helper('quote', node);
    node.escaped = false;
    return inComment ? states : new Set(['closed']);
  }

  #block(node: hbs.AST.BlockStatement, states: TokenStates): TokenStates {
    const name = node.path.type === 'PathExpression' ? (node.path as hbs.AST.PathExpression).original : '';
    if (!blocks.has(name) || node.params.length !== 1 || node.hash)
      this.#refuse(node, `{{#${name}}} is refused; blocks are if, unless, each and with, with one value`);
    node.params = node.params.map((param) => this.#checked(param));
    let after = this.program(node.program, states);
    // a second round of the body may begin where the first one ended
    if (name === 'each') after = union(after, this.#again(node.program, after));
    if (!node.inverse) return union(states, after);
    return union(after, this.program(node.inverse, states));
  }

  /** The states after one more round of a body whose mustaches are already rewritten. */
  #again(program: hbs.AST.Program, states: TokenStates): TokenStates {
    const first = program.body[0];
    if (first?.type === 'MustacheStatement' && !(states.has('gap') && states.size === 1))
      this.#refuse(first, 'values of a list are glued to each other; put a space before each');
    if (first?.type === 'ContentStatement' && !advance(states, (first as hbs.AST.ContentStatement).value))
      this.#refuse(first, 'values of a list are glued to each other; put a space before each');
    return states;
  }

  #partial(node: hbs.AST.PartialStatement, states: TokenStates): TokenStates {
    if (node.name.type !== 'PathExpression') this.#refuse(node, 'a partial is named, not computed');
    if (node.hash || node.params.length > 1) this.#refuse(node, 'a partial takes one value');
    if (!(states.has('gap') && states.size === 1)) this.#refuse(node, 'a partial begins where a directive may begin');
    node.params = node.params.map((param) => this.#checked(param));
    return states;
  }

  #checked(param: hbs.AST.Expression): hbs.AST.Expression {
    const path = this.#path(param);
    const call: hbs.AST.SubExpression = {
      type: 'SubExpression',
      loc: param.loc,
      path: helper('known', param),
      params: [path, literal(path.original, param)],
    } as unknown as hbs.AST.SubExpression;
    return call;
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

function union(a: TokenStates, b: TokenStates): TokenStates {
  return new Set([...a, ...b]);
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

function literal(text: string, at: hbs.AST.Node): hbs.AST.StringLiteral {
  return { type: 'StringLiteral', loc: at.loc, value: text, original: text } as hbs.AST.StringLiteral;
}
