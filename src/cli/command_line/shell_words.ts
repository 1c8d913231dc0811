/** Words that a POSIX shell takes as they are. */
const PLAIN = /^[A-Za-z0-9_/:@%+.,-][A-Za-z0-9_/:=@%+.,-]*$/;

/** Returns a command line that a POSIX shell splits into these words again. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
