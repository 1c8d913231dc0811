import { readSettings, type Settings } from "../project/settings.ts";
import { UnreadableError } from "../project/text_file.ts";
import type { Context } from "./context.ts";
import { stateFolder } from "./folders.ts";
import { visible } from "./output/terminal_text.ts";

/** Returns the path of the file of settings; none without a home. */
export function settingsPath(context: Context): string | undefined {
  const folder = stateFolder(context);
  return folder === undefined ? undefined : `${folder}/settings.jsonc`;
}

/**
 * Returns the user's settings; none without a home.
 *
 * @throws {Failure} of code `usage` when the file is not usable.
 */
export async function settingsOf(context: Context): Promise<Settings> {
  const path = settingsPath(context);
  return path === undefined ? {} : await readSettings(path);
}

/** Like {@linkcode settingsOf}; none, after a warning, if they are unreadable. */
export async function settingsOrNone(
  context: Context,
  warn: (text: string) => void,
): Promise<Settings> {
  try {
    return await settingsOf(context);
  } catch (error) {
    warnOfUnreadable(error, { what: "the settings are", warn });
    return {};
  }
}

/** Options for {@linkcode orWithout}. */
export interface OrWithoutOptions {
  /** What is not read: "the aliases are". */
  readonly what: string;
  readonly warn: (text: string) => void;
}

/**
 * Returns what `read` returns; `otherwise`, after a warning, where this user
 * may not read the file. For files that a command can do without: they are
 * another user's often enough, in a container or after `sudo`.
 *
 * @throws {unknown} what `read` threw for any other reason.
 */
export function orWithout<T, U>(
  read: () => T,
  otherwise: U,
  options: OrWithoutOptions,
): T | U {
  try {
    return read();
  } catch (error) {
    warnOfUnreadable(error, options);
    return otherwise;
  }
}

/** @throws {unknown} the error, if it is about anything else. */
function warnOfUnreadable(
  error: unknown,
  { what, warn }: OrWithoutOptions,
): void {
  if (!(error instanceof UnreadableError)) throw error;
  const { path, why } = error;
  warn(`warning: ${what} ignored: ${visible(JSON.stringify(path))}: ${why}`);
}
