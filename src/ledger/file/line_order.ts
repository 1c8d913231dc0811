import { blocksBackwards } from "./lines.ts";
import { lettersOf } from "./entry_line.ts";
import { Needle } from "./needle.ts";

const MARK = new Needle('"v":2,"at":"');
const TIME_LENGTH = "2026-01-05T09:00:00.000Z".length;

/** Returns when a line of ours says that it was written, as it says it. */
export function timeIn(line: Uint8Array): string | undefined {
  const at = MARK.endIn(line);
  return at < 0 ? undefined : lettersOf(line.subarray(at, at + TIME_LENGTH));
}

/**
 * Tells whether the lines of a ledger still stand in the order in which they
 * were written. A file that was sorted does not show it by its lines alone;
 * but none of ours is older than the one before it, unless the clock was set
 * back by more than an hour.
 */
export class OrderWatch {
  #earliest: Uint8Array | undefined;
  #isLost = false;

  /** Whether a line was seen behind one that is newer. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Takes note of a block; the last block of the file comes first. */
  note(bytes: Uint8Array): void {
    const first = MARK.endIn(bytes);
    if (first < 0) return;
    let last = first;
    for (let at = first; at >= 0; at = MARK.endIn(bytes, at)) {
      if (isEarlier(bytes, at, bytes, last)) this.#isLost = true;
      last = at;
    }
    const behind = this.#earliest;
    if (behind && isEarlier(behind, 0, bytes, last)) this.#isLost = true;
    this.#earliest = bytes.slice(first, first + TIME_LENGTH);
  }
}

/** Returns whether the lines from a place to the end stand in their order. */
export function isInOrder(
  file: Deno.FsFile,
  from: number,
  size: number,
): boolean {
  const order = new OrderWatch();
  for (const { bytes, offset } of blocksBackwards(file, size)) {
    if (bytes !== undefined) order.note(bytes);
    if (order.isLost || offset <= from) break;
  }
  return !order.isLost;
}

/** Whether the time at one place is before that at another, as text. */
function isEarlier(
  one: Uint8Array,
  at: number,
  other: Uint8Array,
  otherAt: number,
): boolean {
  for (let index = 0; index < TIME_LENGTH; index++) {
    const by = (one[at + index] ?? 0) - (other[otherAt + index] ?? 0);
    if (by !== 0) return by < 0;
  }
  return false;
}
