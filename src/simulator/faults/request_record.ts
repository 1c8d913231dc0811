import * as z from "zod/mini";
import { OPERATIONS } from "../service/operation.ts";

/** How a request is kept: the shape of {@linkcode RequestRecord}. */
export const RECORD = z.object({
  id: z.string(),
  /** When it arrived, RFC 3339. */
  at: z.string(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  /** `null`: a path or a method that the service does not have. */
  operation: z.nullable(z.enum(OPERATIONS)),
  /** The first 36 characters of the key; the rest is never kept. */
  keyId: z.nullable(z.string()),
  headers: z.record(z.string(), z.string()),
  /** Whether its connection had carried an earlier request. */
  reused: z.boolean(),
  /** Whether it changed anything, as far as is known by now. */
  committed: z.boolean(),
  /** The answer's status, or what became of it instead. */
  status: z.union([
    z.number(),
    z.enum(["pending", "dropped", "cut", "aborted"]),
  ]),
});

/** One request that the simulator received, and what became of it. */
export type RequestRecord = z.infer<typeof RECORD>;

/** Returns the requests that lines of JSON tell of, each as last written. */
export function parseRecords(text: string): RequestRecord[] {
  const records = new Map<string, RequestRecord>();
  for (const line of text.split("\n")) {
    const record = parseRecord(line);
    if (record) records.set(record.id, record);
  }
  return [...records.values()];
}

function parseRecord(line: string): RequestRecord | undefined {
  if (line === "") return undefined;
  try {
    return RECORD.safeParse(JSON.parse(line)).data;
  } catch {
    // A line that a killed process left unfinished.
    return undefined;
  }
}
