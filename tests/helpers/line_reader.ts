/** How long a line is waited for: what takes longer hangs, on any machine. */
const LINE_LIMIT_MS = 300_000;

/** Reads what a process writes, to its end, and finds lines in it meanwhile. */
export class LineReader {
  /** All of it, once the process has closed its end. */
  readonly text: Promise<string>;
  readonly #name: string;
  #sofar = "";
  #isOver = false;
  readonly #listeners = new Set<() => void>();

  constructor(stream: ReadableStream<Uint8Array>, name: string) {
    this.#name = name;
    this.text = this.#read(stream);
  }

  /**
   * Returns the first whole line that matches, or the `nth`; also one that was
   * written before this was called.
   *
   * @throws {Error} when the process ends without it, or time is up.
   */
  async line(pattern: RegExp, nth = 1): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = () => {
      const lines = this.#sofar.split(/\r?\n/);
      if (!this.#isOver) lines.pop(); // Not a whole one yet.
      const found = lines.filter((line) => pattern.test(line))[nth - 1];
      if (found !== undefined) resolve(found);
      else if (this.#isOver) reject(this.#missing(pattern, "it has ended"));
    };
    const timer = setTimeout(
      () => reject(this.#missing(pattern, "it took too long")),
      LINE_LIMIT_MS,
    );
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(look);
    }
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<string> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#sofar += decoder.decode(chunk, { stream: true });
      this.#tell();
    }
    this.#sofar += decoder.decode();
    this.#isOver = true;
    this.#tell();
    return this.#sofar;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #missing(pattern: RegExp, why: string): Error {
    return new Error(
      `Cannot find ${pattern} in ${this.#name}: ${why}\n${this.#sofar}`,
    );
  }
}
