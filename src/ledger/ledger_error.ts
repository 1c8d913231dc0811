/**
 * The ledger cannot be read, or an entry cannot be written. The entry was
 * then not written, and what was in the file before is still there.
 */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
  /** Why, without the path: "it is not a regular file". */
  readonly why: string;

  constructor(action: string, why: string, options: { cause?: unknown } = {}) {
    super(`Cannot ${action}: ${why}`, options);
    this.why = why;
  }
}
