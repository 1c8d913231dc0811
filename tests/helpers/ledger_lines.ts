import { crc32 } from "node:zlib";

/** One line of a ledger, as any reader would see it. */
export interface LedgerLine {
  /** `good`: the checksum holds; `none`: the Go CLI's, which has none. */
  readonly check: "good" | "wrong" | "none" | "torn";
  readonly text: string;
  /** What the line says, where it is JSON. */
  // deno-lint-ignore no-explicit-any -- tests look into what they find.
  readonly entry: any;
}

/**
 * Returns every line of a ledger with its checksum computed anew, by another
 * CRC-32 than the program's. A last line without its newline is `torn`.
 */
export function readLedgerLines(path: string): LedgerLine[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const last = lines.pop() ?? "";
  // What editors and git do to the ends of lines is not part of them.
  const ours = lines.map((line) => line.trimEnd()).filter(Boolean);
  const read: LedgerLine[] = ours.map((line) => ({
    check: checkOf(line),
    text: line,
    entry: parse(line),
  }));
  if (last !== "") {
    read.push({ check: "torn", text: last, entry: undefined });
  }
  return read;
}

/** Returns a line with a checksum that holds, for ledgers made by tests. */
export function withChecksum(entry: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(entry);
  return `${text.slice(0, -1)},"crc":"${hexOf(text)}"}`;
}

function checkOf(line: string): LedgerLine["check"] {
  const field = /,"crc":"([0-9a-f]{8})"\}$/.exec(line);
  if (field === null) return "none";
  const without = `${line.slice(0, field.index)}}`;
  return field[1] === hexOf(without) ? "good" : "wrong";
}

function hexOf(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
