import type { ParsedLine } from "./entry_line.ts";

/** A line that cannot be read and may be about the work that is looked for. */
export interface Suspect {
  readonly offset: number;
  readonly why: string;
  readonly isNewer: boolean;
  /** Whether it holds the key; else it holds nothing that is text. */
  readonly hasKey: boolean;
  /** The job that it names, as far as can be made out. */
  readonly id: string | undefined;
  /** When it says that it was written, as far as can be made out. */
  readonly timeMs: number | undefined;
}

/** Why a line cannot be read with which nothing is wrong. */
export const NEWER = "it was written by a newer vers";

/** What is known of a line that cannot be read. */
export interface Remains {
  readonly offset: number;
  /** Its bytes, each taken for a letter; of a long line, a part of it. */
  readonly text: string;
  /** False for a last line without a newline. */
  readonly isWhole: boolean;
  readonly parsed: ParsedLine;
  readonly isUtf8: boolean;
}

/**
 * Returns a line as a suspect, if it may be about the work of this key, or the
 * job of this id: it holds the digits, or it is no text, so that nobody can
 * tell.
 *
 * A write of ours that was cut off is none: an entry counts when all of it is
 * on disk, and no request leaves before that.
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
      if (parsed.isTorn && !remains.isWhole) return undefined;
      if (!hasKey && !mayHideAnyKey(remains)) return undefined;
      const { why } = parsed;
      return { ...hintsIn(text), offset, why, hasKey, isNewer: false };
    }
  }
}

const ANY_KEY = /"key"\s*:\s*"[0-9a-f]{32}"/;

/** Whether a line is no text, and does not say whose it is for all that. */
function mayHideAnyKey({ text, isUtf8 }: Remains): boolean {
  if (ANY_KEY.test(text)) return false;
  return !isUtf8 || hasZerosInside(text);
}

/**
 * Returns whether there are zeros between other letters. Those at an end are
 * what a crash leaves of a write that never counted.
 */
export function hasZerosInside(text: string): boolean {
  let start = 0;
  let end = text.length;
  while (text[start] === "\0") start++;
  while (end > start && text[end - 1] === "\0") end--;
  const at = text.indexOf("\0", start);
  return at >= 0 && at < end;
}

const IDS = /"id"\s*:\s*"(job_[0-9a-f]{10})"/g;
const TIMES = /"at"\s*:\s*"([^"\\]{1,40})"/g;

/** Returns the one job that a line names, as far as can be made out. */
export function jobNamedIn(text: string): string | undefined {
  return hintsIn(text).id;
}

/** Returns what can be made out in a line: of several jobs, none is named. */
function hintsIn(text: string): Pick<Suspect, "id" | "timeMs"> {
  const ids = new Set([...text.matchAll(IDS)].map(([, id]) => id));
  const times = [...text.matchAll(TIMES)].map(([, at = ""]) => Date.parse(at));
  const [id] = ids;
  return {
    id: ids.size === 1 ? id : undefined,
    timeMs: times.length === 0 || times.some(Number.isNaN)
      ? undefined
      : Math.max(...times),
  };
}

/** What a search has to say of a line that is in its way. */
export interface Verdict {
  readonly suspect: Pick<Suspect, "offset" | "why" | "isNewer">;
  /** Whether it may be of a newer job than the one that was found. */
  readonly mayBeNewest: boolean;
}

/** How far back a line matters. */
export interface Window {
  readonly windowMs: number;
  readonly now: Date;
}

/** The suspects of one search, less those that are cleared. */
export class Suspects {
  readonly #window: Window;
  readonly #settled = new Set<string>();
  /** The newest of each job that is named; of none: `undefined`. */
  readonly #ofKey = new Map<string | undefined, Suspect>();
  #noText: Suspect | undefined;

  constructor(window: Window) {
    this.#window = window;
  }

  /** Takes note that an intact line says how a job ended. */
  settle(id: string): void {
    this.#settled.add(id);
  }

  /**
   * Takes a suspect, unless it is cleared: its job is known to have ended, or
   * it is older than the window, as it says or, where it says nothing, as the
   * next line behind it does. Returns whether it was taken. The newest one is
   * to be given first.
   */
  take(suspect: Suspect, next: string | undefined): boolean {
    const { id, timeMs, hasKey } = suspect;
    if (id !== undefined && this.#settled.has(id)) return false;
    const nextMs = next === undefined ? undefined : Date.parse(next);
    if (this.#isPast(timeMs ?? nextMs)) return false;
    if (!hasKey) this.#noText ??= suspect;
    else if (!this.#ofKey.has(id)) this.#ofKey.set(id, suspect);
    return true;
  }

  /** Returns what must not be submitted beside, with these jobs found. */
  verdict(foundIds: readonly (string | undefined)[]): Verdict | undefined {
    const isOfFound = (id: string | undefined) =>
      id !== undefined && foundIds.includes(id);
    for (const [id, suspect] of this.#ofKey) {
      if (!isOfFound(id) || suspect.isNewer) {
        return { suspect, mayBeNewest: true };
      }
    }
    const [suspect = this.#noText] = this.#ofKey.values();
    return suspect && { suspect, mayBeNewest: false };
  }

  #isPast(timeMs: number | undefined): boolean {
    const { now, windowMs } = this.#window;
    if (timeMs === undefined) return false;
    const ageMs = now.getTime() - timeMs;
    return ageMs >= 0 && ageMs > windowMs;
  }
}
