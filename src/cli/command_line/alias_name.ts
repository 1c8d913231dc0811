import { ValueError, type ValueParser } from "./flag.ts";
import { withFacts } from "./flag_value.ts";
import { isUuid } from "../../uuid.ts";

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

/** What no one can see, tell apart, or type again: controls, blanks, joiners. */
const HIDDEN = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
/** What stands for something else: a flag, a path, a value, an accent. */
const FOREIGN_START = /^[-.\p{M}]/u;
const FOREIGN = /[=/\\]/;

/**
 * Returns an alias in the one spelling that it is kept in: NFC.
 *
 * @throws {ValueError} when it could be taken for something else: an id, a
 *   flag, a path, HEAD, a word of a command, or another alias that looks alike.
 */
export function parseAlias(text: string): string {
  const alias = text.normalize("NFC");
  if (TAKEN.includes(alias.toLowerCase())) {
    const taken = TAKEN.join(", ");
    throw new ValueError(
      `a name that no command needs, so none of ${taken}`,
      `my-${alias.toLowerCase()}`,
    );
  }
  const isPlain = !HIDDEN.test(alias) && !FOREIGN_START.test(alias) &&
    !FOREIGN.test(alias);
  const isOfLength = alias !== "" && alias.length <= MAX_LENGTH;
  if (isPlain && isOfLength && !isUuid(alias)) return alias;
  throw new ValueError(
    `a name of 1 to ${MAX_LENGTH} characters that is no id, does not begin ` +
      "with - or ., and has no space, no =, no slash and nothing invisible " +
      "in it",
    "my-vm",
  );
}

/** The parser of flags that name a VM; `example` is one that it takes. */
export function aliasName(example: string): ValueParser<string> {
  return withFacts({ type: "string", example }, parseAlias);
}
