const SPAN = 256;
const QUOTE = 0x22;

/** A text that is looked for among bytes, which need not be text themselves. */
export class Needle {
  readonly #bytes: Uint8Array;
  /** By the byte at the end of a place: how far the next one is. */
  readonly #skips: Uint8Array;

  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text);
    const last = this.#bytes.length - 1;
    this.#skips = new Uint8Array(SPAN).fill(Math.min(last + 1, SPAN - 1));
    for (const [at, byte] of this.#bytes.subarray(0, -1).entries()) {
      this.#skips[byte] = Math.min(last - at, SPAN - 1);
    }
  }

  /** Returns whether it is there. */
  isIn(bytes: Uint8Array): boolean {
    return this.indexIn(bytes) >= 0;
  }

  /** Returns where it first stands from a place on; -1 where it does not. */
  indexIn(bytes: Uint8Array, from = 0): number {
    const needle = this.#bytes;
    const skips = this.#skips;
    const last = needle.length - 1;
    if (last < 0) return from;
    const end = needle[last];
    // Horspool's search.
    for (let at = from + last; at < bytes.length;) {
      const byte = bytes[at] ?? 0;
      if (byte === end) {
        let left = last;
        while (left > 0 && bytes[at - last + left - 1] === needle[left - 1]) {
          left--;
        }
        if (left === 0) return at - last;
      }
      at += skips[byte] ?? 1;
    }
    return -1;
  }

  /** Returns where it ends from a place on; -1 where it is not. */
  endIn(bytes: Uint8Array, from = 0): number {
    const at = this.indexIn(bytes, from);
    return at < 0 ? -1 : at + this.#bytes.length;
  }
}

/** Returns where the next quotation mark is, or where the bytes end. */
export function quoteIn(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(QUOTE, from);
  return at < 0 ? bytes.length : at;
}
