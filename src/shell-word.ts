/** One word of a POSIX shell's command line, quoted where it has to be; a leading hyphen can't be taken for an option. */
export function word(text: string): string {
  const safe = text.startsWith('-') ? `./${text}` : text;
  return /^[\w./:@%+,=-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
