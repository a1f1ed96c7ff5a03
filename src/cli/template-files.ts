/** The templates of a user: read, and rendered with. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KeepgateError } from '../diagnostic.ts';
import type { Model } from '../model/site.ts';
import type { Target } from '../model/target.ts';
import type { CompiledTemplates } from '../render/engine.ts';
import { type Rendered, render } from '../render/render.ts';
import { overlayTemplates } from '../render/user-templates.ts';
import type { Io } from './io.ts';

/** No template is nearly as large. */
const limit = 1_000_000;

/**
 * Renders with a folder of templates laid over the shipped ones.
 * @throws KeepgateError as `readTemplates` does, and template-refused (1) for what is wrong only once a template runs
 */
export function renderWithTemplates(folder: string, model: Model, target: Target, io: Io): Rendered {
  const templates = readTemplates(folder, io);
  try {
    return render(model, target, templates);
  } catch (error) {
    // a view that lacks what is used; a partial that includes itself
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const message = `a template of ${folder} can't be used: ${error.message}`;
    throw new KeepgateError(1, { code: 'template-refused', message });
  }
}

/**
 * A folder of templates laid over the shipped ones: `site.conf.hbs`, `shared.conf.hbs` and `partials/*.hbs`. Hidden files
 * and Markdown are passed over; any other name is refused, since a misspelt one would silently change nothing.
 * @throws KeepgateError templates-not-readable, template-unknown, template-refused (1)
 */
function readTemplates(folder: string, io: Io): CompiledTemplates {
  const root = resolve(io.cwd, folder);
  const sources: Record<string, string> = {};
  for (const name of namesIn(root, folder)) sources[name] = read(join(root, name), join(folder, name));
  return overlayTemplates(sources);
}

function namesIn(root: string, folder: string, below = ''): string[] {
  let entries: ReturnType<typeof list>;
  try {
    entries = list(join(root, below));
  } catch (error) {
    throw notReadable(join(folder, below), error);
  }
  return entries
    .filter(({ name }) => !name.startsWith('.') && !name.endsWith('.md'))
    .flatMap((entry) => {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      return name === 'partials' && entry.isDirectory() ? namesIn(root, folder, name) : [name];
    })
    .sort();
}

const list = (path: string) => readdirSync(path, { withFileTypes: true });

function read(path: string, shown: string): string {
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a file');
    const text = readFileSync(path, 'utf8');
    if (text.length <= limit) return text;
  } catch (error) {
    throw notReadable(shown, error);
  }
  throw notReadable(shown, new Error(`it is larger than ${limit / 1e6} MB`));
}

function notReadable(path: string, error: unknown): KeepgateError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such folder',
    ENOTDIR: 'it is not a folder',
    EISDIR: 'it is a folder',
    EACCES: 'this user may not read it',
  };
  const reason = code === undefined ? (error as Error).message : (reasons[code] ?? code);
  return new KeepgateError(1, {
    code: 'templates-not-readable',
    message: `${path} can't be read: ${reason}`,
    help: 'A folder of templates holds site.conf.hbs, shared.conf.hbs or partials/*.hbs, or several of them.',
  });
}
