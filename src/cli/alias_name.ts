import { ValueError } from "./flag.ts";
import { isId } from "./target.ts";

/** Words that have a meaning where an alias may stand. */
const TAKEN = [
  "list",
  "get",
  "set",
  "remove",
  "create",
  "show",
  "help",
  "head",
];
const MAX_LENGTH = 100;

/**
 * Returns an alias as it was typed.
 *
 * @throws {ValueError} when it could be taken for something else: an id, a
 *   flag, HEAD, or a word of a command.
 */
export function parseAlias(text: string): string {
  if (TAKEN.includes(text.toLowerCase())) {
    const taken = TAKEN.join(", ");
    throw new ValueError(
      `a name that no command needs, so none of ${taken}`,
      `my-${text.toLowerCase()}`,
    );
  }
  const isPlain = /^[^\s\p{Cc}=-][^\s\p{Cc}=]*$/u.test(text);
  if (isPlain && text.length <= MAX_LENGTH && !isId(text)) return text;
  throw new ValueError(
    `a name of 1 to ${MAX_LENGTH} characters that is no id, does not begin ` +
      "with - and has no space and no = in it",
    "my-vm",
  );
}
