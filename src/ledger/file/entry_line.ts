import { GO_RECORD, type GoRecord } from "../../job/go_job.ts";
import type { Standing } from "../../job/listed_job.ts";
import {
  fieldsOf,
  FORMAT_VERSION,
  isJobKind,
  JOB_RECORD,
  type JobRecord,
  STATUSES,
} from "../../job/record.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import { crc32 } from "./crc32.ts";
import { Needle, quoteIn } from "./needle.ts";

/** What one line of the ledger turned out to be. */
export type ParsedLine =
  | { readonly type: "entry"; readonly entry: JobRecord }
  | { readonly type: "go"; readonly entry: GoRecord }
  /** Written by a newer version of this program; only what all share. */
  | {
    readonly type: "newer";
    readonly id: string | undefined;
    readonly key: string | undefined;
  }
  | {
    readonly type: "corrupt";
    readonly why: string;
    /** Whether it is the beginning of a line of ours: a write cut off. */
    readonly isTorn: boolean;
  }
  /** Nothing, or white space: no line at all. */
  | { readonly type: "blank" };

/** Returns a record as one line of the ledger, with its newline. */
export function formatLine(record: JobRecord): Uint8Array {
  const fields: Readonly<Record<string, unknown>> = { ...record };
  const ordered = fieldsOf(record).map((name) => [name, fields[name]] as const);
  const text = JSON.stringify(Object.fromEntries(ordered));
  const crc = crc32(new TextEncoder().encode(text)).toString(16);
  const digits = crc.padStart(CRC_DIGITS, "0");
  return new TextEncoder().encode(`${text.slice(0, -1)},"crc":"${digits}"}\n`);
}

const BYTE_ORDER_MARK = new Uint8Array([0xef, 0xbb, 0xbf]);
const [TAB, RETURN, BLANK] = [9, 13, 32];

/**
 * Returns a line without what is no part of it: white space at its end, as
 * editors and git put it there, and a byte-order mark in front.
 *
 * The mark is that of the file; but a file that was sorted, or that others
 * were added to, has it in front of any line.
 */
export function trimLine(line: Uint8Array): Uint8Array {
  let start = 0;
  while (hasAt(line, start, BYTE_ORDER_MARK)) {
    start += BYTE_ORDER_MARK.length;
  }
  let end = line.length;
  while (end > start && isWhite(line[end - 1])) end--;
  return end - start === line.length ? line : line.subarray(start, end);
}

function isWhite(byte: number | undefined): boolean {
  return byte === RETURN || byte === BLANK || byte === TAB;
}

/** What a line says that is too long to be held. */
const TOO_LONG = corrupt("it is longer than 1 MiB");

/**
 * Returns what one line says; `whole` is without its newline, or `undefined`
 * where it is too long to be held.
 *
 * A line that is broken and one that a newer version wrote are told apart: the
 * checksum is looked at first, then the version, then the fields.
 */
export function parseEntryLine(whole: Uint8Array | undefined): ParsedLine {
  if (whole === undefined) return TOO_LONG;
  const line = trimLine(whole);
  if (line.length === 0) return { type: "blank" };
  const crc = checkChecksum(line);
  if (crc === "wrong") return corrupt("its checksum does not match");
  const value = parseJson(line);
  if (typeof value === "string") {
    return isTorn(line)
      ? { type: "corrupt", why: "it was cut off", isTorn: true }
      : corrupt(value);
  }
  if (value.v === undefined) return parseGoLine(value);
  if (typeof value.v !== "number") return corrupt("its version is no number");
  if (value.v > FORMAT_VERSION) return newer(value);
  if (value.v !== FORMAT_VERSION) {
    return corrupt(`its version is ${value.v}, which never was`);
  }
  if (crc === "missing") return corrupt("its checksum is missing");
  const parsed = JOB_RECORD.safeParse(value);
  if (parsed.success) return { type: "entry", entry: parsed.data };
  const isUnknown = !STATUSES.includes(String(value.status)) ||
    !isJobKind(value.kind);
  if (isUnknown) return newer(value);
  const path = parsed.error.issues[0]?.path.join(".") ?? "";
  return corrupt(`its field "${path}" is not what it should be`);
}

/** What a line says that tells which job it is of, and how that stood. */
export type EntryHead = Pick<JobRecord, "id" | "token" | "status" | "at">;

/** What a line is, and of one of ours no more than its head. */
export type SkimmedLine =
  | { readonly type: "entry"; readonly entry: EntryHead }
  | Exclude<ParsedLine, { readonly type: "entry" }>;

/**
 * Returns what a line is. One of ours that is as it was written is not parsed:
 * each field of its head stands in its place, before any that may hold such
 * fields itself.
 */
export function skimLine(whole: Uint8Array | undefined): SkimmedLine {
  if (whole === undefined) return TOO_LONG;
  const line = trimLine(whole);
  const entry = checkChecksum(line) === "right" ? headOf(line) : undefined;
  return entry === undefined ? parseEntryLine(line) : { type: "entry", entry };
}

/**
 * Returns whether a line is sound, as far as that is seen without parsing it:
 * one that does not seem so is yet to be parsed.
 */
export function isSound(whole: Uint8Array): boolean {
  const line = trimLine(whole);
  const crc = checkChecksum(line);
  return crc === "right" || (crc === "missing" && looksSound(line));
}

/** The same, by its beginning and its end: no checksum is computed. */
export function looksSound(whole: Uint8Array): boolean {
  const line = trimLine(whole);
  if (line.length === 0) return true;
  const isClosed = hasAt(line, 0, BEGINNING) &&
    line[line.length - 1] === CLOSING[0];
  // The Go CLI's lines have neither.
  return isClosed && (hasChecksum(line) || !VERSION.isIn(line));
}

const BEGINNING = new TextEncoder().encode('{"id":"');
const VERSION = new Needle('"v":');
const KIND = new Needle(',"kind":"');
const STATUS = new Needle(',"status":"');
const WRITTEN = new Needle(`,"v":${FORMAT_VERSION},"at":"`);
const TOKEN = new Needle(',"token":"');

const STARTED = new Needle(',"started_at":"');
const COMPLETED = new TextEncoder().encode(',"completed_at":"');
const MARKS_LENGTH = 256;
/** The last fields of a line, each where it has it. */
const MARKS = new RegExp(
  ["accepted_at", "unconfirmed_at", "delivered_at", "gone_at", "crc"]
    .map((name) => `(?:,"${name}":"(?<${name}>[^"]*)")?`).join("") + "}$",
);

/**
 * Returns how the job stands that a line of ours says something of, which is
 * known to be as it was written; `undefined` where it is to be parsed.
 */
export function standingOf(whole: Uint8Array): Standing | undefined {
  const line = trimLine(whole);
  const head = headOf(line);
  const start = STARTED.endIn(line);
  if (head === undefined || start < 0) return undefined;
  const stop = quoteIn(line, start);
  const end = stop + 1 + COMPLETED.length;
  const isEnded = hasAt(line, stop + 1, COMPLETED);
  const tail = lettersOf(line.subarray(-MARKS_LENGTH));
  const { accepted_at, delivered_at, gone_at } = MARKS.exec(tail)?.groups ?? {};
  return {
    token: head.token,
    status: head.status,
    started_at: wordOf(line.subarray(start, stop)),
    completed_at: isEnded
      ? wordOf(line.subarray(end, quoteIn(line, end)))
      : undefined,
    accepted_at,
    delivered_at,
    gone_at,
  };
}

/** Returns the id of a line that is known to be sound. */
export function idOfSound(whole: Uint8Array): string | undefined {
  const line = trimLine(whole);
  const start = BEGINNING.length;
  const id = hasAt(line, 0, BEGINNING)
    ? wordOf(line.subarray(start, quoteIn(line, start)))
    : "";
  if (PLAIN.test(id)) return id;
  const parsed = parseEntryLine(line);
  const isKnown = parsed.type === "entry" || parsed.type === "go";
  return isKnown ? parsed.entry.id : undefined;
}

/** What is the same as JSON, as UTF-8 and as it is. */
const PLAIN = /^[\w.-]+$/;

/** Returns the head of a line of ours; `undefined` where it is to be parsed. */
function headOf(line: Uint8Array): EntryHead | undefined {
  if (!hasAt(line, 0, BEGINNING)) return undefined;
  let at = BEGINNING.length;
  const valueAt = (start: number) => {
    at = start < 0 ? line.length : quoteIn(line, start);
    return start < 0 ? "" : wordOf(line.subarray(start, at));
  };
  const id = valueAt(at);
  const kind = valueAt(KIND.endIn(line, at));
  const status = valueAt(STATUS.endIn(line, at)) as JobRecord["status"];
  const written = valueAt(WRITTEN.endIn(line, at));
  const token = valueAt(TOKEN.endIn(line, at));
  const isPlain = PLAIN.test(id) && PLAIN.test(token);
  const isOurs = isPlain && isJobKind(kind) && STATUSES.includes(status);
  return isOurs ? { id, token, status, at: written } : undefined;
}

/** Returns a few bytes as text, without the way that a decoder goes. */
function wordOf(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}

const latin1 = new TextDecoder("latin1");

/** Returns bytes as text in which each is one letter: ASCII is what it is. */
export function lettersOf(bytes: Uint8Array): string {
  return latin1.decode(bytes);
}

/** Returns whether bytes are UTF-8 text, which may be cut off at its end. */
export function isUtf8(bytes: Uint8Array): boolean {
  if (isAscii(bytes)) return true;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Whether all bytes are ASCII: four at a time, for most text is. */
function isAscii(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let seen = 0;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) seen |= view.getInt32(at);
  for (; at < bytes.length; at++) seen |= view.getInt8(at);
  return (seen & 0x80808080) === 0;
}

function parseGoLine(value: JsonObject): ParsedLine {
  const parsed = GO_RECORD.safeParse(value);
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
  return { type: "corrupt", why, isTorn: false };
}

const OPENING = new TextEncoder().encode('{"');

/** The end of every line of ours, which no part of one has. */
const END = /"crc":"[0-9a-f]{8}"\}/;

/**
 * Whether what is no JSON begins as a line does, and stops before its end. With
 * something behind its end it was written whole, and changed later.
 */
function isTorn(line: Uint8Array): boolean {
  return hasAt(line, 0, OPENING) &&
    line[line.length - 1] !== CLOSING[0] && !END.test(lettersOf(line));
}

const CLOSING = new TextEncoder().encode("}");
const BEFORE_CRC = new TextEncoder().encode(`,"crc":"`);
const BEHIND_CRC = new TextEncoder().encode(`"}`);
const CRC_DIGITS = 8;
const CRC_LENGTH = BEFORE_CRC.length + CRC_DIGITS + BEHIND_CRC.length;

function checkChecksum(line: Uint8Array): "right" | "wrong" | "missing" {
  if (!hasChecksum(line)) return "missing";
  const end = line.length - CRC_LENGTH;
  const crc = hexNumberAt(line, end + BEFORE_CRC.length);
  const computed = crc32(CLOSING, crc32(line.subarray(0, end)));
  return crc === computed ? "right" : "wrong";
}

function hasChecksum(line: Uint8Array): boolean {
  const end = line.length - CRC_LENGTH;
  const digits = end + BEFORE_CRC.length;
  return end >= 0 && hasAt(line, end, BEFORE_CRC) &&
    hasAt(line, digits + CRC_DIGITS, BEHIND_CRC) &&
    hexNumberAt(line, digits) !== undefined;
}

function hasAt(line: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) {
    if (line[at + index] !== text[index]) return false;
  }
  return true;
}

const [ZERO, NINE, LETTER_A, LETTER_F] = [0x30, 0x39, 0x61, 0x66];

/** Returns the number of eight hex digits; capitals are none of ours. */
function hexNumberAt(line: Uint8Array, at: number): number | undefined {
  let number = 0;
  for (let index = at; index < at + CRC_DIGITS; index++) {
    const byte = line[index] ?? 0;
    const isLetter = byte >= LETTER_A && byte <= LETTER_F;
    if (!isLetter && (byte < ZERO || byte > NINE)) return undefined;
    number = number * 16 + (isLetter ? byte - LETTER_A + 10 : byte - ZERO);
  }
  return number;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the object that a line is, or why it is none. */
function parseJson(line: Uint8Array): JsonObject | string {
  let text: string;
  try {
    text = decoder.decode(line);
  } catch {
    return "it is not UTF-8 text";
  }
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // UTF-16 of English is UTF-8 by its bytes, with a zero behind each.
    if (line.includes(0)) return "it is not UTF-8 text: it has zero bytes";
  }
  return "it is not a JSON object";
}
