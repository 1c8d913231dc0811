/**
 * `deno run -A tests/release/notes.ts [--tag T]`: prints the notes of the
 * version in `deno.json`, from `CHANGELOG.md`. With a tag that is not this
 * version's, or without notes, it fails: then there is no release.
 */
import { VERSION } from "../../src/version.ts";
import { flagValues } from "./flag_values.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

/**
 * Returns what a changelog says of a version.
 *
 * @throws {Error} when it says nothing.
 */
export function notesOf(version: string, changelog: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.split("\n")[0] === version);
  const notes = section?.slice(version.length).trim();
  if (notes) return notes;
  throw new Error(
    `Cannot release ${version}: CHANGELOG.md has no notes under "## ${version}"`,
  );
}

/** Throws when a tag is another version's. */
export function checkTag(tag: string, version: string): void {
  if (tag === `v${version}`) return;
  throw new Error(
    `Cannot release "${tag}": the version in deno.json is ${version}, ` +
      `so the tag must be v${version}`,
  );
}

if (import.meta.main) {
  await runScript(async () => {
    const { tag } = flagValues(Deno.args, { tag: `v${VERSION}` });
    checkTag(tag, VERSION);
    const changelog = await Deno.readTextFile(`${ROOT}CHANGELOG.md`);
    const notes = new TextEncoder().encode(notesOf(VERSION, changelog) + "\n");
    await Deno.stdout.write(notes);
  });
}
