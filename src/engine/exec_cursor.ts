/**
 * Sees by the numbers of events whether a service has forgotten some of them.
 *
 * What the numbers count is not documented: events one by one, or bytes, are
 * known. Within one stream nothing is missing, so what follows there shows
 * whether they are of a kind that can be relied upon; if they are not, nothing
 * is ever held to be missing.
 */
export class CursorWatch {
  #latest: number | undefined;
  #length = 0;
  #isCountable = true;
  /** Whether the next event is the first of a stream. */
  #isFirst = false;
  #isSuspect = false;

  /** The number of the last event that was taken. */
  get latest(): number | undefined {
    return this.#latest;
  }

  /** Whether nothing is known to be missing. */
  get isWhole(): boolean {
    return !(this.#isSuspect && this.#isCountable);
  }

  /** Says that the next event comes from another stream than the last. */
  attached(): void {
    this.#isFirst = true;
  }

  /** Whether an event has not been taken before. */
  isNew(cursor: number): boolean {
    return this.#latest === undefined || cursor > this.#latest;
  }

  /** Takes note of output. */
  took(cursor: number, length: number): void {
    const follows = this.#follows(cursor) || cursor === this.#before + length;
    if (this.#isFirst) this.#isSuspect ||= !follows;
    else if (this.#latest !== undefined && !follows) this.#isCountable = false;
    this.#isFirst = false;
    this.#latest = cursor;
    this.#length = length;
  }

  /** Takes note of the end, whose number not every service tells. */
  ended(cursor: number | undefined): void {
    if (cursor === undefined || !this.#isFirst) return;
    this.#isSuspect ||= !this.#follows(cursor);
  }

  get #before(): number {
    return this.#latest ?? 0;
  }

  #follows(cursor: number): boolean {
    const before = this.#before;
    return cursor <= before + 1 || cursor === before + this.#length;
  }
}
