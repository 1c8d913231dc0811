import { BLOCK_SIZE } from "./backward_lines.ts";
import { parseEntryLine } from "./entry_line.ts";
import { linesForward } from "./forward_lines.ts";

/**
 * Returns when the first line that can be dated was written, if there is one
 * near the beginning of the file.
 */
export function firstTime(
  file: Deno.FsFile,
  size: number,
): number | undefined {
  for (const { bytes } of linesForward(file, 0, Math.min(size, BLOCK_SIZE))) {
    const parsed = bytes && parseEntryLine(bytes);
    if (parsed?.type !== "entry" && parsed?.type !== "go") continue;
    const time = parsed.type === "entry"
      ? Date.parse(parsed.entry.at)
      : Date.parse(parsed.entry.completed_at ?? parsed.entry.started_at);
    if (!Number.isNaN(time)) return time;
  }
  return undefined;
}
