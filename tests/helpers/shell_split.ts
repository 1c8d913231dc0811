/**
 * Returns the words of a simple line of sh: quotes are taken off, and what is
 * read from a file is left out.
 */
export function shellSplit(line: string): string[] {
  const words: string[] = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const from = words.indexOf("<");
  const ours = from < 0 ? words : words.slice(0, from);
  return ours.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

/** Every command line in the `sh` blocks of a text in Markdown. */
export function linesInMarkdown(text: string): string[] {
  const blocks = text.matchAll(/```sh\n([^]*?)```/g);
  return [...blocks].flatMap(([, block = ""]) => block.trim().split("\n"));
}
