import { ensureFolder, folderOf } from "../atomic_file.ts";
import { replaceFile } from "../replace_file.ts";
import { fileFailure, readTextFile } from "./text_file.ts";

/**
 * Returns the VM that the HEAD file at `path` names; `undefined` when it
 * is missing or empty.
 *
 * @throws {Failure} when it is there and cannot be read.
 */
export function readHead(path: string): string | undefined {
  return readTextFile(path)?.trim() || undefined;
}

/**
 * Makes the HEAD file at `path` name a VM. Its folder is made if missing.
 *
 * @throws {Failure} when it cannot be written; then it is as it was.
 */
export function writeHead(path: string, vmId: string): void {
  try {
    // A project's folder, not a private one: its mode is the system's default.
    ensureFolder(folderOf(path), 0o777);
    replaceFile(path, vmId, { mode: 0o644 });
  } catch (error) {
    throw fileFailure(`write ${JSON.stringify(path)}`, error);
  }
}

/**
 * Makes HEAD name no VM. Returns whether it named one.
 *
 * @throws {Failure} when the file cannot be removed.
 */
export function clearHead(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw fileFailure(`remove ${JSON.stringify(path)}`, error);
  }
}
