/** How much is read at a time. */
export const BLOCK_SIZE = 64 * 1024;

/** A line that is longer than this is corrupt, and never held in memory. */
export const MAX_LINE_LENGTH = 1024 * 1024;

const NEWLINE = 10;

/** One line of a file, and where it is. */
export interface Line {
  /** Where it begins. */
  readonly offset: number;
  /** Where the next one begins. */
  readonly end: number;
  /**
   * Without its newline, and good until more is read; `undefined` for a line
   * that is too long to be held.
   */
  readonly bytes: Uint8Array | undefined;
  /** False for a last line without a newline: a write that was cut off. */
  readonly isWhole: boolean;
}

/** Lines that stand together, with their newlines; or one that is too long. */
export type Block = Line;

/**
 * Yields the lines of a file block by block from its end, as it was when its
 * `size` was taken. A line that begins before what is read at a time comes with
 * what stands before it.
 *
 * The file's position may be changed between two blocks.
 */
export function* blocksBackwards(
  file: Deno.FsFile,
  size: number,
): Generator<Block> {
  // At its end is held what was read of a line that begins before that.
  let buffer = new Uint8Array(2 * BLOCK_SIZE);
  let held = 0;
  let long: Omit<Line, "offset"> | undefined;
  for (let at = size; at > 0;) {
    const length = Math.min(BLOCK_SIZE, at);
    at -= length;
    if (buffer.length < length + held) {
      const larger = new Uint8Array(2 * (length + held));
      larger.set(buffer.subarray(buffer.length - held), larger.length - held);
      buffer = larger;
    }
    const from = buffer.length - held - length;
    const filled = readAt(file, at, buffer.subarray(from, from + length));
    // Somebody cut the file short: what is left is what there is.
    const gap = length - filled;
    if (gap > 0) buffer.copyWithin(from + gap, from, from + filled);
    let bytes = buffer.subarray(from + gap);
    // Of a line that is passed over, the newline was read before.
    const stop = long === undefined ? bytes.length - newlineAtEnd(bytes) : null;
    const last = (stop ?? bytes.length) - 1;
    // Before 0 would be counted from the end.
    const start = last < 0 ? 0 : bytes.lastIndexOf(NEWLINE, last) + 1;
    if (stop === null || stop - start > MAX_LINE_LENGTH) {
      const end = at + bytes.length;
      long ??= { end, bytes: undefined, isWhole: stop !== bytes.length };
      held = 0;
      if (start === 0 && at > 0) continue;
      yield { ...long, offset: at + start };
      long = undefined;
      bytes = bytes.subarray(0, start);
    }
    const first = at === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    held = at > 0 && first === 0 ? bytes.length : first;
    if (held < bytes.length) {
      const isWhole = newlineAtEnd(bytes) > 0;
      const lines = bytes.subarray(held);
      const end = at + bytes.length;
      yield { offset: at + held, end, bytes: lines, isWhole };
    }
    const begun = bytes.byteOffset;
    buffer.copyWithin(buffer.length - held, begun, begun + held);
  }
}

/**
 * Yields the lines of a file between two places, block by block. `from` must be
 * where a line begins.
 *
 * The file's position may be changed between two blocks.
 */
export function* blocksForward(
  file: Deno.FsFile,
  from: number,
  to: number,
): Generator<Block> {
  // At its beginning is held what was read of a line that goes on.
  let buffer = new Uint8Array(2 * BLOCK_SIZE);
  let held = 0;
  let offset = from;
  let isLong = false;
  let at = from;
  while (at < to) {
    const length = Math.min(BLOCK_SIZE, to - at);
    if (buffer.length < held + length) {
      const larger = new Uint8Array(2 * (held + length));
      larger.set(buffer.subarray(0, held));
      buffer = larger;
    }
    const filled = readAt(file, at, buffer.subarray(held, held + length));
    // Somebody cut the file short: what is left is what there is.
    if (filled === 0) break;
    at += filled;
    let bytes = buffer.subarray(0, held + filled);
    const newline = bytes.indexOf(NEWLINE);
    const first = newline < 0 ? bytes.length : newline;
    if (isLong || first > MAX_LINE_LENGTH) {
      isLong = newline < 0;
      held = 0;
      if (isLong) continue;
      bytes = bytes.subarray(newline + 1);
      const end = at - bytes.length;
      yield { offset, end, bytes: undefined, isWhole: true };
      offset = end;
    }
    const whole = bytes.lastIndexOf(NEWLINE) + 1;
    if (whole > 0) {
      const lines = bytes.subarray(0, whole);
      yield { offset, end: offset + whole, bytes: lines, isWhole: true };
      offset += whole;
    }
    held = bytes.length - whole;
    const begun = bytes.byteOffset + whole;
    buffer.copyWithin(0, begun, begun + held);
  }
  if (offset >= at) return;
  const bytes = isLong ? undefined : buffer.subarray(0, held);
  yield { offset, end: at, bytes, isWhole: false };
}

/** Yields the lines of a block, the last one first. */
export function* linesBackwards(block: Block): Generator<Line> {
  const { bytes, offset } = block;
  if (bytes === undefined) return yield block;
  const stop = bytes.length - 1;
  // Before 0 would be counted from the end.
  const last = stop < 1 ? 0 : bytes.lastIndexOf(NEWLINE, stop - 1) + 1;
  yield lineAt(bytes, last, bytes.length, offset);
  // Few look further than at the last one; a search from the front is faster.
  const ends = lineEnds(bytes.subarray(0, last));
  for (let index = ends.length - 1; index >= 0; index--) {
    yield lineAt(bytes, ends[index - 1] ?? 0, ends[index] ?? 0, offset);
  }
}

/** Yields the lines of a file from its end. */
export function* linesFromEnd(
  file: Deno.FsFile,
  size: number,
): Generator<Line> {
  for (const block of blocksBackwards(file, size)) yield* linesBackwards(block);
}

/** Yields the lines between two places from the first to the last. */
export function* linesForward(
  file: Deno.FsFile,
  from: number,
  to: number,
): Generator<Line> {
  for (const block of blocksForward(file, from, to)) {
    const { bytes, offset } = block;
    if (bytes === undefined) {
      yield block;
      continue;
    }
    let start = 0;
    for (const end of lineEnds(bytes)) {
      yield lineAt(bytes, start, end, offset);
      start = end;
    }
  }
}

/** Returns where the lines end in a block, their newlines included. */
function lineEnds(bytes: Uint8Array): number[] {
  const ends: number[] = [];
  let end = 0;
  // A search from the front is the faster one.
  for (let at = bytes.indexOf(NEWLINE); at >= 0;) {
    end = at + 1;
    ends.push(end);
    at = bytes.indexOf(NEWLINE, end);
  }
  if (end < bytes.length) ends.push(bytes.length);
  return ends;
}

function lineAt(
  bytes: Uint8Array,
  start: number,
  end: number,
  offset: number,
): Line {
  const isWhole = bytes[end - 1] === NEWLINE;
  return {
    offset: offset + start,
    end: offset + end,
    bytes: bytes.subarray(start, isWhole ? end - 1 : end),
    isWhole,
  };
}

/** Returns where the last line ends that has its newline. */
export function lastWholeLine(file: Deno.FsFile, size: number): number {
  for (const { isWhole, offset, end } of linesFromEnd(file, size)) {
    return isWhole ? end : offset;
  }
  return 0;
}

/** Returns the number of the line that a place is in, counted from 1. */
export function lineNumberAt(file: Deno.FsFile, offset: number): number {
  let number = 1;
  for (const { isWhole } of linesForward(file, 0, offset)) {
    if (isWhole) number++;
  }
  return number;
}

/**
 * Fills `bytes` with what is in a file from a place on, and returns how many
 * there were: fewer only where the file ends.
 */
export function readAt(
  file: Deno.FsFile,
  place: number,
  bytes: Uint8Array,
): number {
  file.seekSync(place, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = file.readSync(bytes.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return filled;
}

/** How many bytes the newline has at the end: one or none. */
function newlineAtEnd(bytes: Uint8Array): number {
  return bytes[bytes.length - 1] === NEWLINE ? 1 : 0;
}
