import { Failure } from "../../failure.ts";
import type { Context } from "../context.ts";
import { homeFolder } from "../folders.ts";

/**
 * Returns the path of `~/.versrc`.
 *
 * @throws {Failure} when there is no home folder.
 */
export function credentialsPath(context: Context): string {
  const home = homeFolder(context);
  if (home !== undefined) return `${home}/.versrc`;
  throw new Failure("Cannot find ~/.versrc: there is no home folder", {
    code: "general",
    hint: "set HOME, or give the key to each command: " +
      "VERS_API_KEY=<your key> vers status",
  });
}
