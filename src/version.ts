import config from "../deno.json" with { type: "json" };

/** This program's version, as `deno.json` has it. */
export const VERSION: string = config.version;

/** What this program was built from. */
export interface Build {
  /**
   * The commit, with `-modified` behind it if not all was committed; "unknown"
   * for what was built without its history.
   */
  readonly commit: string;
  /** The commit's date, RFC 3339 in UTC; empty if that is not known. */
  readonly date: string;
}

// `deno task bundle` puts the values in place of these two words.
const COMMIT = "@COMMIT@";
const COMMIT_DATE = "@COMMIT_DATE@";

/** What this was built from; `undefined`: it runs from its source. */
export const BUILD: Build | undefined = COMMIT.startsWith("@")
  ? undefined
  : { commit: COMMIT, date: COMMIT_DATE };
