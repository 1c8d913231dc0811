import { BUILD, type Build, VERSION } from "../../version.ts";

/** Returns which vers this is, on one line. */
export function renderVersion(
  isJson: boolean,
  build: Build | undefined = BUILD,
): string {
  return isJson
    ? JSON.stringify({
      name: "vers",
      version: VERSION,
      commit: build?.commit ?? "source",
      commit_date: build?.date || null,
    }) + "\n"
    : `vers ${VERSION} (${shortBuild(build)})\n`;
}

/** The commit's first digits and its day: "1a2b3c4d5e6f 2026-08-01". */
function shortBuild(build: Build | undefined): string {
  if (build === undefined) return "source";
  const { commit, date } = build;
  const short = commit.replace(/^([0-9a-f]{12})[0-9a-f]{28}/, "$1");
  return `${short} ${date.slice(0, "2026-08-01".length)}`.trimEnd();
}
