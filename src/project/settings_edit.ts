import { ensurePrivateFolder, folderOf } from "../atomic_file.ts";
import { replaceFile } from "../replace_file.ts";
import { parseJsonc } from "./settings.ts";
import { fileFailure, readTextFile } from "./text_file.ts";

const EMPTY = "{}\n";

/**
 * Returns what the settings file at `path` says, right or wrong; nothing when
 * there is no file.
 *
 * @throws {Failure} of code `usage`, when it is not JSON with comments.
 */
export async function readRawSettings(
  path: string,
): Promise<ReadonlyMap<string, unknown>> {
  const text = readTextFile(path);
  if (text === undefined || text.trim() === "") return new Map();
  return new Map<string, unknown>(Object.entries(await parseJsonc(text, path)));
}

/**
 * Sets one setting in the file at `path`, or takes it out when `value` is
 * `undefined`. All else in the file stays as it is, comments too. The file is
 * made if it is missing; it is replaced whole or not at all.
 *
 * @throws {Failure} when the file is not JSON with comments, or cannot be
 *   written; then it is as it was.
 */
export async function editSetting(
  path: string,
  name: string,
  value: string | undefined,
): Promise<void> {
  const { applyEdits, modify } = await import("jsonc-parser");
  const before = readTextFile(path);
  const isEmpty = before === undefined || before.trim() === "";
  const text = isEmpty ? EMPTY : before;
  // A file that cannot be read is not for us to fix.
  await parseJsonc(text, path);
  const edits = modify(text, [name], value, {
    formattingOptions: { insertSpaces: true, tabSize: 2, eol: "\n" },
  });
  const after = applyEdits(text, edits);
  if (after === before) return;
  try {
    ensurePrivateFolder(folderOf(path));
    replaceFile(path, after);
  } catch (error) {
    throw fileFailure(`write ${JSON.stringify(path)}`, error);
  }
}
