import { formatLine } from "../../src/ledger/file/entry_line.ts";
import { submitted } from "./entries.ts";

/** An hour, in milliseconds. */
export const HOUR_MS = 3_600_000;
/** When the ledgers of tests begin. */
export const START_MS = Date.parse("2026-01-05T09:00:00.000Z");
/** A key that no test looks for. */
export const OTHER_KEY = "ffffffffffffffffffffffffffffffff";
/** Another account than that of `entries.ts`. */
export const OTHER_ACCOUNT = "0123456789ab";

/** Returns what `read` finds in a file of these parts. */
export function inLedger<Found>(
  parts: readonly (Uint8Array | string)[],
  read: (file: Deno.FsFile, size: number) => Found,
): Found {
  const path = Deno.makeTempFileSync();
  try {
    const encoder = new TextEncoder();
    const blob = parts.map((part) =>
      typeof part === "string" ? encoder.encode(part) : part
    );
    const content = new Uint8Array(blob.reduce((sum, b) => sum + b.length, 0));
    let offset = 0;
    for (const bytes of blob) {
      content.set(bytes, offset);
      offset += bytes.length;
    }
    Deno.writeFileSync(path, content);
    using file = Deno.openSync(path, { read: true });
    return read(file, content.length);
  } finally {
    Deno.removeSync(path);
  }
}

/** Returns the time so long after the start of the ledger. */
export function timeAt(ms: number): string {
  return new Date(START_MS + ms).toISOString();
}

/** Returns lines of other work, of about so many bytes, each of this time. */
export function filler(bytes: number, at: string): Uint8Array {
  const entry = submitted({ id: "job_ffffffffff", key: OTHER_KEY, at });
  const line = formatLine({ ...entry, args: ["x".repeat(4_000)] });
  const lines = new Uint8Array(Math.ceil(bytes / line.length) * line.length);
  for (let at = 0; at < lines.length; at += line.length) lines.set(line, at);
  return lines;
}

/** Returns what is written there. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Returns one of the Go CLI's lines. */
export function goLine(at: string): string {
  return JSON.stringify({
    id: "job_1a2b3c4d5e",
    kind: "vm.run",
    command: "vers run --wait",
    args: ["run", "--wait", "x".repeat(4_000)],
    started_at: at,
    status: "submitted",
  }) + "\n";
}
