const MARK = '"v":2,"at":"';
const TIME_LENGTH = "2026-01-05T09:00:00.000Z".length;

/** Returns when a line of ours says that it was written, as it says it. */
export function timeIn(line: string): string | undefined {
  const at = line.indexOf(MARK);
  return at < 0 ? undefined : timeAt(line, at);
}

/**
 * Tells whether the lines of a ledger still stand in the order in which they
 * were written. A file that was sorted does not show it by its lines alone;
 * but none of ours is older than the one before it, unless the clock was set
 * back by more than an hour.
 */
export class OrderWatch {
  #earliest: string | undefined;
  #isLost = false;

  /** Whether a line was seen behind one that is newer. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** Takes note of a block's text; the last block of the file comes first. */
  note(text: string): void {
    let last: string | undefined;
    let first: string | undefined;
    for (let at = text.indexOf(MARK); at >= 0; at = text.indexOf(MARK, at)) {
      const time = timeAt(text, at);
      first ??= time;
      if (last !== undefined && time < last) this.#isLost = true;
      last = time;
      at += MARK.length;
    }
    if (last === undefined) return;
    if (this.#earliest !== undefined && this.#earliest < last) {
      this.#isLost = true;
    }
    this.#earliest = first;
  }
}

function timeAt(text: string, mark: number): string {
  return text.slice(mark + MARK.length, mark + MARK.length + TIME_LENGTH);
}
