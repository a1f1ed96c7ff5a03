import { readFileSync } from 'node:fs';

export interface Block {
  /** `docs/file.md:12`, the line of its first line. */
  readonly place: string;
  /** The titles that it stands below, outermost first. */
  readonly titles: readonly string[];
  /** What stands behind the opening fence. */
  readonly language: string;
  readonly text: string;
}

/** The fenced code blocks of a markdown file in their order. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  let titles: string[] = [];
  let open: { place: string; language: string; lines: string[] } | undefined;
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const fence = /^```(.*)$/.exec(line);
    const title = /^(#+) (.*)$/.exec(line);
    if (open && fence) {
      blocks.push({ place: open.place, language: open.language, titles, text: open.lines.join('\n') });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (fence) open = { place: `${file}:${index + 2}`, language: fence[1] ?? '', lines: [] };
    else if (title) titles = [...titles.slice(0, (title[1] ?? '').length - 1), title[2] ?? ''];
  }
  if (open) throw new Error(`${open.place}: the block has no end`);
  return blocks;
}

/** Those of a file that stand below none of these titles. */
export const without = (file: string, ...left: readonly string[]): Block[] => {
  const known = new Set(blocksOf(file).flatMap(({ titles }) => titles));
  for (const title of left) if (!known.has(title)) throw new Error(`${file} has no commands below "${title}"`);
  return blocksOf(file).filter(({ titles }) => !titles.some((title) => left.includes(title)));
};

/** Those of a file that stand below one of these titles. */
export const below = (file: string, ...wanted: readonly string[]): Block[] => {
  const rest = new Set(without(file, ...wanted).map(({ place }) => place));
  return blocksOf(file).filter(({ place }) => !rest.has(place));
};
