/**
 * `deno task bundle [--output FILE]`: puts the program into one file,
 * `dist/vers.js` by default, the same bytes from every clone of a commit.
 */
import * as esbuild from "esbuild";
import { folderOf } from "../../src/atomic_file.ts";
import { flagValues } from "./flag_values.ts";
import { output } from "./output.ts";
import { ROOT } from "./root.ts";
import { runScript } from "./script.ts";

/** What a bundle is stamped with. */
export interface Stamp {
  readonly commit: string;
  readonly date: string;
}

/** What decides what is in a bundle, besides the packages in the lock file. */
const SOURCES = ["main.ts", "src", "deno.json", "deno.lock"];

/** Bundles the program to `path`, from the project's folder `root`. */
export async function writeBundle(
  path: string,
  root: string = ROOT,
): Promise<void> {
  const bundle = await minified(await readableBundle(root));
  await Deno.mkdir(folderOf(path), { recursive: true });
  await Deno.writeTextFile(path, bundle);
}

/** Returns the bundle as it is before it is made small. */
export async function readableBundle(root: string = ROOT): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const made = `${folder}/vers.js`;
    // `--minify` of Deno 2.9.6 drops what `using` should let go of.
    const args = ["bundle", "--quiet", "--output", made, "main.ts"];
    await output(Deno.execPath(), args, { cwd: root });
    const text = withoutPaths(await Deno.readTextFile(made));
    return stamped(text, await readStamp(root));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns a bundle without what only readers need: half as long. */
async function minified(bundle: string): Promise<string> {
  try {
    const { code } = await esbuild.transform(bundle, {
      minify: true,
      format: "esm",
      target: "esnext",
      legalComments: "none",
    });
    return code;
  } finally {
    await esbuild.stop();
  }
}

/**
 * Returns a bundle in which modules of packages are named by the package
 * alone, wherever the clone and Deno's cache are.
 */
export function withoutPaths(bundle: string): string {
  const text = bundle.replace(
    /^(\s*(?:\/\/ |"))[^"\n]*\/npm\/[^/"\n]+\/(?=(?:@[^/"\n]+\/)?[^/"\n]+\/\d)/gm,
    "$1npm/",
  );
  // What a module is named by: behind `//`, or as the name of a function.
  const left = text.match(
    /^\s*(?:\/\/ |"(?=[^"\n]*"\())(?:\.\.\/|\/|[A-Za-z]:[\\/]).*$/m,
  );
  if (left) throw new Error(`Cannot take this path out: ${left[0].trim()}`);
  return text;
}

/** Returns a bundle that says what it was built from. */
export function stamped(bundle: string, stamp: Stamp): string {
  const values: readonly (readonly [string, string])[] = [
    ['"@COMMIT@"', stamp.commit],
    ['"@COMMIT_DATE@"', stamp.date],
  ];
  return values.reduce((text, [place, value]) => {
    const parts = text.split(place);
    if (parts.length !== 2) {
      throw new Error(`Cannot stamp: ${place} is there ${parts.length - 1}×`);
    }
    return parts.join(JSON.stringify(value));
  }, bundle);
}

/** Returns the commit that is checked out; "unknown" without git. */
async function readStamp(root: string): Promise<Stamp> {
  try {
    const git = (...args: string[]) => output("git", args, { cwd: root });
    const above = await git("rev-parse", "--show-prefix");
    if (above.trim() !== "") throw new Error("This is in another's repository");
    const shown = await git("show", "--no-patch", "--format=%H %ct", "HEAD");
    const [commit = "", seconds = ""] = shown.trim().split(" ");
    const changes = await git("status", "--porcelain", "--", ...SOURCES);
    return {
      commit: changes === "" ? commit : `${commit}-modified`,
      date: new Date(Number(seconds) * 1_000).toISOString(),
    };
  } catch {
    // An archive of the sources has no history.
    return { commit: "unknown", date: "" };
  }
}

if (import.meta.main) {
  await runScript(async () => {
    const flags = flagValues(Deno.args, { output: `${ROOT}dist/vers.js` });
    await writeBundle(flags.output);
  });
}
