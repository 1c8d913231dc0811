import * as z from "zod/mini";
import { type Entry, FORMAT_VERSION, type GoEntry } from "../job/entry.ts";
import { JOB_KINDS } from "../job/job_kind.ts";
import type { JsonObject } from "../json.ts";
import { crc32 } from "./crc32.ts";

/** What one line of the ledger turned out to be. */
export type ParsedLine =
  | { readonly type: "entry"; readonly entry: Entry }
  | { readonly type: "go"; readonly entry: GoEntry }
  /** Written by a newer version of this program; only what all share. */
  | {
    readonly type: "newer";
    readonly id: string | undefined;
    readonly key: string | undefined;
  }
  | { readonly type: "corrupt"; readonly why: string };

const time = z.string().check(
  z.refine((text) => !Number.isNaN(Date.parse(text))),
);
const jsonObject = z.custom<JsonObject>(isJsonObject);

const handle = z.object({
  vm_ids: z.array(z.string()),
  project_id: z.optional(z.nullable(z.string())),
  deploy_status: z.optional(z.nullable(z.string())),
});

const names = z.object({
  alias: z.optional(z.nullable(z.string())),
  head: z.optional(z.nullable(z.string())),
});

const base = {
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  command: z.string(),
  args: z.array(z.string()),
  started_at: time,
  at: time,
  key: z.optional(z.string()),
  scope: z.string(),
  account: z.string(),
  token: z.string(),
  inputs: jsonObject,
  source: z.optional(z.string()),
  names: z.optional(names),
  sends: z.number(),
  server_at: z.optional(time),
  accepted_at: z.optional(time),
  unconfirmed_at: z.optional(time),
};

const entrySchema = z.discriminatedUnion("status", [
  z.object({ ...base, status: z.literal("submitted") }),
  z.object({
    ...base,
    status: z.literal("running"),
    handle,
    result_id: z.string(),
  }),
  z.object({
    ...base,
    status: z.literal("complete"),
    handle,
    result_id: z.string(),
    completed_at: time,
    duration_ms: z.number(),
    result: jsonObject,
    delivered_at: z.optional(time),
    gone_at: z.optional(time),
  }),
  z.object({
    ...base,
    status: z.literal("failed"),
    handle: z.optional(handle),
    result_id: z.optional(z.string()),
    completed_at: time,
    duration_ms: z.number(),
    error: z.string(),
    result: z.optional(jsonObject),
    gone_at: z.optional(time),
  }),
]);

/** https://github.com/hdresearch/vers-cli writes these, without a version. */
const goSchema = z.object({
  id: z.string(),
  kind: z.string(),
  command: z.string(),
  args: z.nullable(z.array(z.string())),
  started_at: z.string(),
  status: z.string(),
  completed_at: z.optional(z.nullable(z.string())),
  duration_ms: z.optional(z.number()),
  result_id: z.optional(z.string()),
  error: z.optional(z.string()),
});

const STATUSES = ["submitted", "running", "complete", "failed"];

/** The order of the fields in a line: the Go CLI's first, the checksum last. */
const FIELD_ORDER = [
  "id",
  "kind",
  "command",
  "args",
  "started_at",
  "completed_at",
  "duration_ms",
  "status",
  "result_id",
  "error",
  "v",
  "at",
  "key",
  "scope",
  "account",
  "token",
  "inputs",
  "source",
  "names",
  "sends",
  "server_at",
  "handle",
  "result",
  "accepted_at",
  "unconfirmed_at",
  "delivered_at",
  "gone_at",
] as const;

/** Returns an entry as one line of the ledger, with its newline. */
export function formatEntryLine(entry: Entry): Uint8Array {
  const fields: Record<string, unknown> = { ...entry, v: FORMAT_VERSION };
  const ordered: Record<string, unknown> = {};
  for (const name of FIELD_ORDER) {
    if (fields[name] !== undefined) ordered[name] = fields[name];
  }
  const text = JSON.stringify(ordered);
  const crc = checksum(new TextEncoder().encode(text));
  return new TextEncoder().encode(`${text.slice(0, -1)},"crc":"${crc}"}\n`);
}

/**
 * Returns what one line says; `line` is without its newline.
 *
 * A line that is broken and one that a newer version wrote are told apart: the
 * checksum is looked at first, then the version, then the fields.
 */
export function parseEntryLine(line: Uint8Array): ParsedLine {
  const crc = checkChecksum(line);
  if (crc === "wrong") return corrupt("its checksum does not match");
  const value = parseJson(line);
  if (value === undefined) return corrupt("it is not a JSON object");
  if (value.v === undefined) return parseGoLine(value);
  if (typeof value.v !== "number") return corrupt("its version is no number");
  if (value.v > FORMAT_VERSION) return newer(value);
  if (value.v !== FORMAT_VERSION) {
    return corrupt(`its version is ${value.v}, which never was`);
  }
  if (crc === "missing") return corrupt("its checksum is missing");
  const parsed = entrySchema.safeParse(value);
  if (parsed.success) return { type: "entry", entry: parsed.data as Entry };
  const isUnknown = !STATUSES.includes(String(value.status)) ||
    !(JOB_KINDS as readonly unknown[]).includes(value.kind);
  if (isUnknown) return newer(value);
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  return corrupt(`its field "${path}" is not what it should be`);
}

function parseGoLine(value: JsonObject): ParsedLine {
  const parsed = goSchema.safeParse(value);
  if (!parsed.success) return corrupt("it is no entry");
  const { args, completed_at, duration_ms, result_id, error, ...rest } =
    parsed.data;
  return {
    type: "go",
    entry: {
      ...rest,
      args: args ?? [],
      ...(completed_at ? { completed_at } : {}),
      ...(duration_ms === undefined ? {} : { duration_ms }),
      ...(result_id ? { result_id } : {}),
      ...(error ? { error } : {}),
    },
  };
}

function newer(value: JsonObject): ParsedLine {
  return {
    type: "newer",
    id: typeof value.id === "string" ? value.id : undefined,
    key: typeof value.key === "string" ? value.key : undefined,
  };
}

function corrupt(why: string): ParsedLine {
  return { type: "corrupt", why };
}

const CRC_SUFFIX = /^,"crc":"([0-9a-f]{8})"\}$/;
const CRC_SUFFIX_LENGTH = `,"crc":"00000000"}`.length;
const CLOSING = new TextEncoder().encode("}");

function checkChecksum(line: Uint8Array): "right" | "wrong" | "missing" {
  const end = line.length - CRC_SUFFIX_LENGTH;
  if (end < 0) return "missing";
  const match = CRC_SUFFIX.exec(
    new TextDecoder().decode(line.subarray(end)),
  );
  if (!match) return "missing";
  return match[1] === hex(crc32(line.subarray(0, end), CLOSING))
    ? "right"
    : "wrong";
}

function checksum(text: Uint8Array): string {
  return hex(crc32(text));
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseJson(line: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(line));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
