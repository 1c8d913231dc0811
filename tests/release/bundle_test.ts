import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { folderOf } from "../../src/atomic_file.ts";
import { testNeeding } from "../helpers/machine.ts";
import {
  readableBundle,
  stamped,
  withoutPaths,
  writeBundle,
} from "./bundle.ts";
import { output } from "./output.ts";
import { ROOT } from "./root.ts";

Deno.test("deno task bundle keeps every using binding of the program", async () => {
  const readable = await readableBundle();
  const bindings = usingBindings();
  ok(bindings.length > 0);
  // A minifier that takes them for unused leaves locks held for ever.
  deepStrictEqual(
    bindings.filter((binding) => !readable.includes(binding)),
    [],
  );
  const countIn = (text: string) =>
    text.match(/\busing [\w$]+\s*=/g)?.length ?? 0;
  strictEqual(countIn(await bundleText()), countIn(readable));
});

Deno.test("deno task bundle takes in all that the program needs", async () => {
  const bundle = await bundleText();
  const imports = bundle.match(/^import .*$|\bimport\(["'].*?\)/gm) ?? [];
  // The server of `vers simulate`: Deno has it, and no other command loads it.
  deepStrictEqual(imports, [`import("node:http")`]);
});

Deno.test("two bundles of the same sources are the same bytes, wherever those are", () =>
  inFolder(async (folder) => {
    for (const root of ["first", "deep/down/second"]) {
      await copySources(`${folder}/${root}`);
      await writeBundle(`${folder}/${root}/vers.js`, `${folder}/${root}`);
    }
    strictEqual(
      await Deno.readTextFile(`${folder}/deep/down/second/vers.js`),
      await Deno.readTextFile(`${folder}/first/vers.js`),
    );
  }));

testNeeding(
  ["tool:git"],
  "two bundles of two clones of one commit are the same bytes, and name it",
  () =>
    inFolder(async (folder) => {
      const first = `${folder}/first`;
      const second = `${folder}/deep/down/second`;
      await commitSources(first);
      await output("git", ["clone", "--quiet", first, second]);
      await writeBundle(`${folder}/1.js`, first);
      await writeBundle(`${folder}/2.js`, second);
      const text = await Deno.readTextFile(`${folder}/1.js`);
      strictEqual(await Deno.readTextFile(`${folder}/2.js`), text);

      const program = ["run", `${folder}/1.js`, "--version", "--json"];
      const stdout = await output(Deno.execPath(), program);
      const { commit, commit_date } = JSON.parse(stdout);
      const head = await output("git", ["rev-parse", "HEAD"], { cwd: second });
      deepStrictEqual([commit, commit_date], [head.trim(), COMMITTED_AT]);

      await Deno.writeTextFile(`${second}/main.ts`, "// changed\n", {
        append: true,
      });
      await writeBundle(`${folder}/3.js`, second);
      const changed = await Deno.readTextFile(`${folder}/3.js`);
      ok(changed.includes(`"${head.trim()}-modified"`));
    }),
);

Deno.test("withoutPaths() names modules by their package alone", () => {
  const bundle = (where: string) =>
    `// ${where}/npm/registry.npmjs.org/@a/b/1.2.3/x.js\n` +
    `  "${where}/npm/localhost_4873/zod/4.0.0/y.js"() {\n` +
    `// src/npm/x.ts\n`;
  for (const where of ["../../root/.cache/deno", "C:/Users/a b/deno"]) {
    strictEqual(
      withoutPaths(bundle(where)),
      `// npm/@a/b/1.2.3/x.js\n  "npm/zod/4.0.0/y.js"() {\n// src/npm/x.ts\n`,
    );
  }
  throws(() => withoutPaths("// ../elsewhere/x.js\n"), /elsewhere/);
  throws(() => withoutPaths('  "/elsewhere/x.js"() {\n'), /elsewhere/);
  const names = 'const PLACES = [\n  "/",\n  "../x"\n];\n';
  strictEqual(withoutPaths(names), names);
});

Deno.test("stamped() does not go on when there is no place for the stamp", () => {
  const stamp = { commit: "c", date: "d" };
  const good = 'a = "@COMMIT@"; b = "@COMMIT_DATE@";';
  strictEqual(stamped(good, stamp), 'a = "c"; b = "d";');
  throws(() => stamped('a = "@COMMIT@";', stamp), /COMMIT_DATE/);
  throws(() => stamped(good + good, stamp), /2×/);
});

const COMMITTED_AT = "2026-08-01T10:00:00.000Z";

async function inFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    return await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Copies all that a bundle is made of. */
async function copySources(folder: string): Promise<void> {
  const named = ["main.ts", "deno.json", "deno.lock", ".gitattributes"];
  for (const name of [...named, ...sources("src")]) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(folderOf(path), { recursive: true });
    await Deno.copyFile(`${ROOT}${name}`, path);
  }
}

/** Makes a repository of all that a bundle is made of. */
async function commitSources(folder: string): Promise<void> {
  await copySources(folder);
  const date = `${Date.parse(COMMITTED_AT) / 1_000} +0200`;
  const env = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const settings = ["user.name=A", "user.email=a@b.c", "commit.gpgsign=false"]
    .flatMap((setting) => ["-c", setting]);
  const git = (...args: string[]) => output("git", args, { cwd: folder, env });
  await git("init", "--quiet");
  await git("add", "--all");
  await git(...settings, "commit", "--quiet", "--message", "All");
}

/** Returns the files of the program in a folder, by their paths in the project. */
function sources(folder: string): string[] {
  return [...Deno.readDirSync(`${ROOT}${folder}`)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      return entry.name === "testdata" ? [] : sources(path);
    }
    return /^(?!.*_test\.ts$).*\.ts$/.test(path) ? [path] : [];
  });
}

let built: Promise<string> | undefined;

/** Returns the text of the bundle, which is built once. */
function bundleText(): Promise<string> {
  return built ??= buildBundle();
}

function buildBundle(): Promise<string> {
  return inFolder(async (folder) => {
    await writeBundle(`${folder}/vers.js`);
    return await Deno.readTextFile(`${folder}/vers.js`);
  });
}

/** Returns how each `using` binding of the program begins, each once. */
function usingBindings(): string[] {
  const found = new Set<string>();
  for (const file of sources("src")) {
    const text = Deno.readTextFileSync(`${ROOT}${file}`);
    for (const [binding] of text.matchAll(/^\s*(await )?using _\w+ =/gm)) {
      found.add(binding.trim());
    }
  }
  return [...found];
}
