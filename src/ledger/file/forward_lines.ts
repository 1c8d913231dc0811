import { BLOCK_SIZE, MAX_LINE_LENGTH } from "./backward_lines.ts";
import { joinBytes } from "../../bytes.ts";

const NEWLINE = 10;

/** One line of a file and where it is. */
export interface PlacedLine {
  /** Where it begins. */
  readonly offset: number;
  /** Where the next one begins. */
  readonly end: number;
  /** Without its newline; `undefined` for a line that is too long to hold. */
  readonly bytes: Uint8Array | undefined;
  /** False for a last line without a newline: a write that was cut off. */
  readonly isWhole: boolean;
}

/**
 * Yields the lines of a file between two places from the first to the last,
 * empty ones too. `from` must be where a line begins.
 *
 * The file's position may be changed between two lines.
 */
export function* linesForward(
  file: Deno.FsFile,
  from: number,
  to: number,
): Generator<PlacedLine> {
  let offset = from;
  // The beginning of a line whose end is still to be read.
  let parts: Uint8Array[] = [];
  let length = 0;
  for (let at = from; at < to;) {
    const block = readBlock(file, at, to);
    if (block.length === 0) break;
    let start = 0;
    for (;;) {
      const stop = block.indexOf(NEWLINE, start);
      const piece = block.subarray(start, stop < 0 ? block.length : stop);
      length += piece.length;
      if (length <= MAX_LINE_LENGTH) parts.push(piece);
      else parts = [];
      if (stop < 0) break;
      const end = at + stop + 1;
      yield { offset, end, bytes: joined(parts, length), isWhole: true };
      offset = end;
      start = stop + 1;
      parts = [];
      length = 0;
    }
    at += block.length;
  }
  if (length > 0) {
    const bytes = joined(parts, length);
    yield { offset, end: offset + length, bytes, isWhole: false };
  }
}

function joined(
  parts: readonly Uint8Array[],
  length: number,
): Uint8Array | undefined {
  if (length > MAX_LINE_LENGTH) return undefined;
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  return joinBytes(parts);
}

/** Returns the number of the line that a place is in, counted from 1. */
export function lineNumberAt(file: Deno.FsFile, offset: number): number {
  let number = 1;
  for (let at = 0; at < offset;) {
    const block = readBlock(file, at, offset);
    if (block.length === 0) break;
    for (const byte of block) if (byte === NEWLINE) number++;
    at += block.length;
  }
  return number;
}

/** Returns what is in a file from `at` on: a block of it, or what there is. */
export function readBlock(
  file: Deno.FsFile,
  at: number,
  to: number,
): Uint8Array {
  const bytes = new Uint8Array(Math.min(BLOCK_SIZE, to - at));
  file.seekSync(at, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = file.readSync(bytes.subarray(filled));
    // Somebody cut the file short: what is left is what there is.
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
