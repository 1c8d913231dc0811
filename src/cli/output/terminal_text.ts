import type { JsonValue } from "../../json.ts";

/**
 * Characters that a terminal obeys instead of showing: controls, and the marks
 * that turn the direction of text around.
 */
const OBEYED = /[\p{Cc}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/**
 * Returns text that can be shown on one line of a terminal, whoever wrote it:
 * what would be obeyed is spelled out, as `\x1b`.
 */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => {
    const code = character.charCodeAt(0);
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Returns a value as one line of JSON that a terminal shows as it is. */
export function jsonLine(value: JsonValue): string {
  return JSON.stringify(value).replace(OBEYED, (character) => {
    const code = character.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Returns `text` cut to at most `width` characters, with a mark where. */
export function shorten(text: string, width: number): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return characters.slice(0, Math.max(0, width - 1)).join("") + "…";
}
