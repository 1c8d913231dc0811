import {
  isUtf8,
  lettersOf,
  type ParsedLine,
  parseEntryLine,
} from "./entry_line.ts";
import type { JobRecord } from "../../job/record.ts";
import type { UnreadableLine } from "../ledger.ts";
import { BLOCK_SIZE, type Line, lineNumberAt, readAt } from "./lines.ts";
import { Needle } from "./needle.ts";

/** A line that cannot be read and may be about the work that is looked for. */
export interface Suspect {
  readonly offset: number;
  readonly why: string;
  readonly isNewer: boolean;
  /** Whether it holds the key; else it holds nothing that is text. */
  readonly hasKey: boolean;
  /** The one job that it names, as far as can be made out. */
  readonly id: string | undefined;
  readonly token: string | undefined;
  /** Whether it names several. */
  readonly isOfSeveral: boolean;
  /** When it says that it was written, as far as can be made out. */
  readonly timeMs: number | undefined;
}

/** Why a line cannot be read with which nothing is wrong. */
export const NEWER = "it was written by a newer vers";

/** What is known of a line that cannot be read. */
export interface Remains {
  readonly offset: number;
  /** Its bytes, each taken for a letter; of a long line, what was looked for. */
  readonly text: string;
  /** False for a last line without a newline. */
  readonly isWhole: boolean;
  readonly parsed: ParsedLine;
  /** Whether it is UTF-8 text, without zeros inside. */
  readonly isText: boolean;
}

/** Returns what is known of a line in which a text is looked for. */
export function remainsOf(
  file: Deno.FsFile,
  line: Line,
  wanted: string,
): Remains {
  const { offset, isWhole, bytes } = line;
  const parsed = parseEntryLine(bytes);
  if (bytes === undefined) {
    return { offset, isWhole, parsed, ...lookThrough(file, line, wanted) };
  }
  const text = lettersOf(bytes);
  const isText = !hasZerosInside(text) && isUtf8(bytes);
  return { offset, isWhole, parsed, text, isText };
}

/** Looks through a line that is too long to be held, part by part. */
function lookThrough(
  file: Deno.FsFile,
  { offset, end }: Line,
  wanted: string,
): Pick<Remains, "text" | "isText"> {
  const needle = new Needle(wanted);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const buffer = new Uint8Array(BLOCK_SIZE + wanted.length);
  let isFound = false;
  let isText = true;
  // What is looked for may lie over the edge of two parts.
  let kept = 0;
  for (let at = offset; at < end;) {
    const stop = Math.min(buffer.length, kept + end - at);
    const length = readAt(file, at, buffer.subarray(kept, stop));
    if (length === 0) break;
    const bytes = buffer.subarray(0, kept + length);
    isFound ||= needle.isIn(bytes);
    try {
      const text = decoder.decode(bytes.subarray(kept), { stream: true });
      isText &&= !hasZerosInside(text);
    } catch {
      isText = false;
    }
    at += length;
    kept = Math.min(bytes.length, wanted.length);
    buffer.copyWithin(0, bytes.length - kept, bytes.length);
  }
  return { text: isFound ? wanted : "", isText };
}

/**
 * Returns a line as a suspect, if it may be about the work of this key, or the
 * job of this id: it holds the digits, or it is no text, so that nobody can
 * tell.
 *
 * An intent that was cut off is none, whoever has closed it off since: an entry
 * counts when all of it is on disk, and no request leaves before that.
 */
export function suspectOf(remains: Remains, key: string): Suspect | undefined {
  const { offset, text, parsed } = remains;
  const hasKey = text.includes(key);
  switch (parsed.type) {
    case "entry":
    case "go":
    case "blank":
      return undefined;
    case "newer": {
      const isOfKey = parsed.key === key ||
        (parsed.key === undefined && hasKey);
      if (!isOfKey) return undefined;
      const hints = hintsIn(text);
      return { ...hints, offset, why: NEWER, hasKey: true, isNewer: true };
    }
    case "corrupt": {
      if (parsed.isTorn && !ANSWERED.test(text)) return undefined;
      if (!hasKey && !mayHideAnyKey(remains)) return undefined;
      const { why } = parsed;
      return { ...hintsIn(text), offset, why, hasKey, isNewer: false };
    }
  }
}

/** What only a line says that was written after the request had left. */
const ANSWERED = /"status":"(?:running|complete|failed)"/;

const ANY_KEY = /"key"\s*:\s*"[0-9a-f]{32}"/;

/** Whether a line is no text, and does not say whose it is for all that. */
function mayHideAnyKey({ text, isText }: Remains): boolean {
  return !isText && !ANY_KEY.test(text);
}

/**
 * Whether there are zeros between other letters. Those at an end are what a
 * crash leaves of a write that never counted.
 */
function hasZerosInside(text: string): boolean {
  let start = 0;
  let end = text.length;
  while (text[start] === "\0") start++;
  while (end > start && text[end - 1] === "\0") end--;
  const at = text.indexOf("\0", start);
  return at >= 0 && at < end;
}

const IDS = /"id"\s*:\s*"(job_[0-9a-f]{10})"/g;
const TOKENS = /"token"\s*:\s*"([^"\\]{1,64})"/g;
const TIMES = /"at"\s*:\s*"([^"\\]{1,40})"/g;

/** Returns the id, or the token, of the one job that a line names. */
export function jobNamedIn(line: Uint8Array | undefined): string | undefined {
  return line && nameOf(hintsIn(lettersOf(line)));
}

/** Returns what can be made out in a line. */
function hintsIn(
  text: string,
): Pick<Suspect, "id" | "token" | "isOfSeveral" | "timeMs"> {
  const ids = valuesIn(text, IDS);
  const tokens = valuesIn(text, TOKENS);
  const times = [...valuesIn(text, TIMES)].map((at) => Date.parse(at));
  return {
    id: only(ids),
    token: only(tokens),
    isOfSeveral: ids.size > 1 || tokens.size > 1,
    timeMs: times.length === 0 || times.some(Number.isNaN)
      ? undefined
      : Math.max(...times),
  };
}

function valuesIn(text: string, pattern: RegExp): ReadonlySet<string> {
  return new Set([...text.matchAll(pattern)].map(([, value = ""]) => value));
}

function only(values: ReadonlySet<string>): string | undefined {
  const [value] = values;
  return values.size === 1 ? value : undefined;
}

/** What a search has to say of a line that is in its way. */
export interface Verdict {
  readonly suspect: Pick<Suspect, "offset" | "why" | "isNewer">;
  /** Whether it may be of a newer job than the one that was found. */
  readonly mayBeNewest: boolean;
}

/** Returns the line of a verdict, with its number. */
export function unreadableLineOf(
  file: Deno.FsFile,
  { suspect, mayBeNewest }: Verdict,
): UnreadableLine {
  const { offset, why, isNewer } = suspect;
  const line = lineNumberAt(file, offset);
  return { line, offset, why, isNewer, mayBeNewest };
}

/** A job that a search has found. */
export interface JobStart {
  readonly id: string;
  readonly token: string;
  /** Where its first line stands, if places say what was written first. */
  readonly firstOffset?: number;
}

/** How far back a line matters. */
export interface Window {
  readonly windowMs: number;
  readonly now: Date;
}

/** The suspects of one search, less those that are cleared. */
export class Suspects {
  readonly #window: Window;
  /** The ids and tokens of jobs that have ended. */
  readonly #settled = new Set<string>();
  /** The newest of each job that is named; of none: `undefined`. */
  readonly #ofKey = new Map<string | undefined, Suspect>();
  #noText: Suspect | undefined;
  #badLines = 0;

  /** How many lines are torn or corrupt, and no suspects. */
  get badLines(): number {
    return this.#badLines;
  }

  constructor(window: Window) {
    this.#window = window;
  }

  /** Takes note of an intact line: if its job has ended, no other matters. */
  clear({ id, token, status }: JobRecord): void {
    const hasEnded = status === "complete" || status === "failed";
    if (hasEnded) this.#settled.add(id).add(token);
  }

  /**
   * Takes what is left of a line, if it is a suspect and none that is cleared:
   * its job is known to have ended, or it is older than the window, as it says
   * or, where it says nothing, as the next line behind it does. The newest one
   * is to be given first. Others that are bad are counted.
   */
  take(
    remains: Remains,
    key: string,
    { isMeant, next }: {
      /** Whether a suspect may be of a newer job than is known. */
      readonly isMeant: (suspect: Suspect) => boolean;
      readonly next?: string | undefined;
    },
  ): void {
    const suspect = suspectOf(remains, key);
    const name = suspect && nameOf(suspect);
    const isCleared = !suspect || !isMeant(suspect) ||
      (name !== undefined && this.#settled.has(name)) ||
      this.#isPast(suspect.timeMs ?? Date.parse(next ?? ""));
    if (isCleared) {
      // Zeros at the end of a file are no line that is being written.
      const isBad = remains.parsed.type === "corrupt" &&
        (remains.isWhole || remains.text.includes("\0"));
      if (isBad) this.#badLines++;
    } else if (!suspect.hasKey) this.#noText ??= suspect;
    else if (!this.#ofKey.has(name)) this.#ofKey.set(name, suspect);
  }

  /** Returns what must not be submitted beside, with these jobs found. */
  verdict(found: readonly JobStart[]): Verdict | undefined {
    for (const suspect of this.#ofKey.values()) {
      if (suspect.isNewer || !found.some((job) => isNoNewer(suspect, job))) {
        return { suspect, mayBeNewest: true };
      }
    }
    const [suspect = this.#noText] = this.#ofKey.values();
    return suspect && { suspect, mayBeNewest: false };
  }

  /** Of no time it is not known. */
  #isPast(timeMs: number): boolean {
    const { now, windowMs } = this.#window;
    const ageMs = now.getTime() - timeMs;
    return ageMs >= 0 && ageMs > windowMs;
  }
}

/** Whatever of one job can be made out: it tells it from others. */
function nameOf(
  { id, token, isOfSeveral }: Pick<Suspect, "id" | "token" | "isOfSeveral">,
): string | undefined {
  return isOfSeveral ? undefined : id ?? token;
}

/**
 * Whether a line is not of a newer job than this one: it is of this one, or
 * was written before all that there is of it.
 */
function isNoNewer(suspect: Suspect, job: JobStart): boolean {
  const name = nameOf(suspect);
  if (name !== undefined) return name === job.id || name === job.token;
  return !suspect.isOfSeveral && job.firstOffset !== undefined &&
    suspect.offset < job.firstOffset;
}
