import { joinBytes } from "../../bytes.ts";

/** How much is read at a time. */
export const BLOCK_SIZE = 64 * 1024;

/** A line that is longer than this is corrupt, and never held in memory. */
export const MAX_LINE_LENGTH = 1024 * 1024;

const NEWLINE = 10;

/** Whole lines that stand together in the file. */
export interface LineBlock {
  /** Where the first of the lines begins, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** How much of the file has been read, this block included. */
  readonly bytesRead: number;
}

/** One line and where it begins; its newline is not in it. */
export interface Line {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** False for a last line without a newline: a write that was cut off. */
  readonly isWhole: boolean;
}

/** A part of a line that is too long. */
export interface LinePart {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Whether the line ends with it. */
  readonly isEnd: boolean;
}

/** Called for each part of a line that is too long, the last one first. */
export type OnTooLong = (part: LinePart) => void;

/**
 * Yields the lines of a file block by block from its end, as it was when its
 * `size` was taken. A line over a block's edge is in the block of its newline;
 * one that is too long is in none.
 */
export function* blocksBackwards(
  file: Deno.FsFile,
  size: number,
  onTooLong: OnTooLong = () => {},
): Generator<LineBlock> {
  // The end of a line whose beginning is still to be read.
  let carry: Uint8Array = new Uint8Array(0);
  let isTooLong = false;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - BLOCK_SIZE);
    let bytes = joinBytes([readExactly(file, start, end), carry]);
    end = start;
    if (!isTooLong) {
      // Only the line that was put together can be over the limit: the last.
      const last = lastLine(bytes);
      if (last.length > MAX_LINE_LENGTH) {
        const part = bytes.subarray(last.start);
        onTooLong({ offset: start + last.start, bytes: part, isEnd: true });
        bytes = bytes.subarray(0, last.start);
        isTooLong = true;
      }
    }
    if (isTooLong) {
      carry = bytes.subarray(0, 0);
      const cut = bytes.lastIndexOf(NEWLINE) + 1;
      if (cut < bytes.length) {
        const part = bytes.subarray(cut);
        onTooLong({ offset: start + cut, bytes: part, isEnd: false });
      }
      if (cut === 0 && start > 0) continue;
      isTooLong = false;
      bytes = bytes.subarray(0, cut);
    }
    const lines = start === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    if (start > 0 && (lines === 0 || lines === bytes.length)) {
      carry = bytes;
      continue;
    }
    carry = bytes.slice(0, lines);
    yield {
      offset: start + lines,
      bytes: bytes.subarray(lines),
      bytesRead: size - start,
    };
  }
}

/** Yields the lines of a block, the last one first. */
export function* linesBackwards(block: LineBlock): Generator<Line> {
  const { bytes, offset } = block;
  for (let end = bytes.length; end > 0;) {
    const { start, length } = lastLine(bytes.subarray(0, end));
    if (length > 0) {
      yield {
        offset: offset + start,
        bytes: bytes.subarray(start, start + length),
        isWhole: start + length < end,
      };
    }
    end = start;
  }
}

/** Returns where the last line begins, and its length without its newline. */
function lastLine(bytes: Uint8Array): { start: number; length: number } {
  const isWhole = bytes[bytes.length - 1] === NEWLINE;
  const stop = isWhole ? bytes.length - 1 : bytes.length;
  // Before 0 would be counted from the end.
  const start = stop <= 0 ? 0 : bytes.lastIndexOf(NEWLINE, stop - 1) + 1;
  return { start, length: stop - start };
}

const latin1 = new TextDecoder("latin1");

/** Returns bytes as text in which each is one letter: ASCII is what it is. */
export function lettersOf(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/** Returns whether ASCII text occurs in the block, without parsing it. */
export function blockIncludes(block: LineBlock, ascii: string): boolean {
  return lettersOf(block.bytes).includes(ascii);
}

function readExactly(
  file: Deno.FsFile,
  start: number,
  end: number,
): Uint8Array {
  const bytes = new Uint8Array(end - start);
  file.seekSync(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = file.readSync(bytes.subarray(filled));
    // Somebody cut the file short: what is left is what there is.
    if (read === null) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}
