import { UnreadableError } from "../project/text_file.ts";
import { visible } from "./output/terminal_text.ts";

/** Options for {@linkcode orWithout}. */
export interface OrWithoutOptions {
  /** What is not read: "the settings". */
  readonly what: string;
  readonly warn: (text: string) => void;
}

/**
 * Returns what `read` returns; `otherwise`, after a warning, where this user
 * may not read the file. For files without which a command can go on: they are
 * another user's often enough, in a container or after `sudo`.
 *
 * @throws {unknown} what `read` threw for any other reason.
 */
export async function orWithout<T, U>(
  read: () => Promise<T>,
  otherwise: U,
  options: OrWithoutOptions,
): Promise<T | U> {
  try {
    return await read();
  } catch (error) {
    warnOf(error, options);
    return otherwise;
  }
}

/** Like {@linkcode orWithout}, for what is read at once. */
export function orWithoutSync<T, U>(
  read: () => T,
  otherwise: U,
  options: OrWithoutOptions,
): T | U {
  try {
    return read();
  } catch (error) {
    warnOf(error, options);
    return otherwise;
  }
}

function warnOf(error: unknown, { what, warn }: OrWithoutOptions): void {
  if (!(error instanceof UnreadableError)) throw error;
  const { path, why } = error;
  warn(`warning: ${what} left out: ${visible(JSON.stringify(path))}: ${why}`);
}
