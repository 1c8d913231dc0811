import type { Advice } from "../advice.ts";
import { DURATION_FORMS, parseDuration } from "../duration.ts";
import { Failure } from "../failure.ts";
import { describeValue, placeOf, readTextFile } from "./text_file.ts";
import { isJsonObject } from "../json.ts";

/** A user's own defaults; what is not set is for the program to choose. */
export interface Settings {
  /** `max_resume_age`: how old a job in flight may be to be attached to. */
  readonly maxResumeAgeMs?: number;
  /** `timeout`: how long a command may take; 0 is no limit. */
  readonly timeoutMs?: number;
  /** `poll_interval`: the time between two looks, never 0. */
  readonly pollIntervalMs?: number;
  /** `confirm_window`: how long a request may take to show on the server. */
  readonly confirmWindowMs?: number;
  /** `retention`: how long the ledger keeps what is over. */
  readonly retentionMs?: number;
  /** `adopt`: which unlabelled VMs may be taken for a job's own. */
  readonly adopt?: "never" | "always";
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

/** Takes a value into the settings; returns what it must be, if it is not. */
type Setter = (
  settings: Writable<Settings>,
  value: unknown,
) => string | undefined;

const WANTED_DURATION = `a duration, such as ${DURATION_FORMS}`;
const WANTED_INTERVAL = `a duration above 0, such as "500ms" or "2s"`;

const SETTERS: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  ["max_resume_age", duration((settings, ms) => settings.maxResumeAgeMs = ms)],
  ["timeout", duration((settings, ms) => settings.timeoutMs = ms)],
  ["poll_interval", (settings, value) => {
    const ms = durationOf(value);
    if (!ms) return WANTED_INTERVAL;
    settings.pollIntervalMs = ms;
    return undefined;
  }],
  ["confirm_window", duration((settings, ms) => settings.confirmWindowMs = ms)],
  ["retention", duration((settings, ms) => settings.retentionMs = ms)],
  ["adopt", (settings, value) => {
    if (value !== "never" && value !== "always") return `"never" or "always"`;
    settings.adopt = value;
    return undefined;
  }],
]);

/** The names of all settings. */
export const SETTING_NAMES: readonly string[] = [...SETTERS.keys()];

/**
 * Returns what a setting must be, if `value` is not that; `undefined` when it
 * is. There must be a setting of this name.
 */
export function wantedInstead(
  name: string,
  value: unknown,
): string | undefined {
  return SETTERS.get(name)?.({}, value);
}

/**
 * Reads the settings file at `path`: JSON, with comments and trailing commas
 * allowed. No file is no settings.
 *
 * @throws {Failure} of code `usage`, naming the file, the setting, what it is
 *   and what it must be.
 */
export async function readSettings(path: string): Promise<Settings> {
  const text = readTextFile(path);
  if (text === undefined || text.trim() === "") return {};
  const settings: Writable<Settings> = {};
  for (const [name, value] of Object.entries(await parseJsonc(text, path))) {
    const set = SETTERS.get(name);
    if (!set) {
      throw unusable(path, {
        why: `there is no setting ${JSON.stringify(name)}`,
        advice: { type: "unknown_setting", known: SETTING_NAMES },
      });
    }
    const wanted = set(settings, value);
    if (wanted !== undefined) {
      const why = `${name} is ${describeValue(value)}, but must be ${wanted}`;
      throw unusable(path, { why });
    }
  }
  return settings;
}

/**
 * Returns the object that the text of a settings file holds.
 *
 * @throws {Failure} of code `usage`, when it holds none.
 */
export async function parseJsonc(
  text: string,
  path: string,
): Promise<object> {
  // Most machines have none, and need not load its grammar.
  const { parse, printParseErrorCode } = await import("jsonc-parser");
  const errors: { error: number; offset: number; length: number }[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) {
    const what = printParseErrorCode(first.error)
      .replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
    const place = placeOf(text, first.offset);
    throw unusable(path, { why: `${place} is not JSON (${what})` });
  }
  if (!isJsonObject(value)) {
    const why = `it is ${describeValue(value)}, but must be an object`;
    throw unusable(path, { why, advice: { type: "settings_form" } });
  }
  return value;
}

function duration(
  set: (settings: Writable<Settings>, ms: number) => void,
): Setter {
  return (settings, value) => {
    const ms = durationOf(value);
    if (ms === undefined) return WANTED_DURATION;
    set(settings, ms);
    return undefined;
  };
}

function durationOf(value: unknown): number | undefined {
  if (value === 0) return 0;
  return typeof value === "string" ? parseDuration(value) : undefined;
}

function unusable(
  path: string,
  { why, advice }: { readonly why: string; readonly advice?: Advice },
): Failure {
  return new Failure(`Cannot use ${JSON.stringify(path)}: ${why}`, {
    code: "usage",
    advice,
  });
}
