import { lettersOf, type LinePart } from "./backward_lines.ts";
import { isUtf8 } from "./entry_line.ts";
import { hasZerosInside, type Remains } from "./suspects.ts";

const NEWLINE = 10;

/** Why a line cannot be read of which not even all is held in memory. */
export const TOO_LONG = "it is longer than 1 MiB";

/** What a line that is too long to be held has shown so far. */
interface LongLine {
  readonly offset: number;
  readonly isWhole: boolean;
  readonly hasNeedle: boolean;
  readonly isText: boolean;
  /** How it goes on behind what comes next: a needle may lie over the edge. */
  readonly beginning: string;
}

/** Looks through lines that are too long, part by part, for one text. */
export class LongLines {
  readonly #needle: string;
  readonly #note: (remains: Remains) => void;
  #line: LongLine | undefined;

  /** `note` is called with each such line once all of it was seen. */
  constructor(needle: string, note: (remains: Remains) => void) {
    this.#needle = needle;
    this.#note = note;
  }

  /** Takes a part of a line; what stands behind it was given before. */
  readonly take = ({ offset, bytes, isEnd }: LinePart): void => {
    if (isEnd) this.end();
    const seen = this.#line;
    const letters = lettersOf(bytes);
    const length = this.#needle.length - 1;
    const text = letters + (seen?.beginning ?? "");
    this.#line = {
      offset,
      isWhole: seen?.isWhole ?? bytes[bytes.length - 1] === NEWLINE,
      hasNeedle: seen?.hasNeedle || text.includes(this.#needle),
      isText: (seen?.isText ?? true) && isTextInside(bytes),
      beginning: text.slice(0, length),
    };
  };

  /** Says that the line, if there is one, has no more parts. */
  end(): void {
    const line = this.#line;
    if (line === undefined) return;
    this.#line = undefined;
    const { offset, isWhole, hasNeedle, isText } = line;
    this.#note({
      offset,
      isWhole,
      text: hasNeedle ? this.#needle : "",
      parsed: { type: "corrupt", why: TOO_LONG, isTorn: false },
      isUtf8: isText,
    });
  }
}

/** Whether a part is text, but for a character that it begins within. */
function isTextInside(bytes: Uint8Array): boolean {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start++;
  return !hasZerosInside(lettersOf(bytes)) && isUtf8(bytes.subarray(start));
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
