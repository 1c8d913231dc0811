import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);

Deno.test("deno task bundle keeps every using binding of the program", async () => {
  const bundle = await bundleText();
  const bindings = usingBindings();
  ok(bindings.length > 0);
  // A minifier that takes them for unused leaves locks held for ever.
  deepStrictEqual(
    bindings.filter((binding) => !bundle.includes(binding)),
    [],
  );
});

Deno.test("deno task bundle takes in all that the program needs", async () => {
  const bundle = await bundleText();
  const imports = bundle.match(/^import .*$|\bimport\(["'].*$/gm) ?? [];
  deepStrictEqual(imports, []);
});

Deno.test("deno task bundle gives the same bytes every time", async () => {
  strictEqual(await buildBundle(), await bundleText());
});

let built: Promise<string> | undefined;

/** Returns the text of the bundle, which is built once. */
function bundleText(): Promise<string> {
  return built ??= buildBundle();
}

/** Builds the bundle by the task's own command, but to another place. */
async function buildBundle(): Promise<string> {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const folder = await Deno.makeTempDir();
  try {
    const [deno, ...args] = tasks.bundle.command
      .replace("dist/", `${folder}/`).split(" ");
    strictEqual(deno, "deno");
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: ROOT,
    }).output();
    ok(success, new TextDecoder().decode(stderr));
    return await Deno.readTextFile(`${folder}/vers.js`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns how each `using` binding of the program begins, each once. */
function usingBindings(): string[] {
  const found = new Set<string>();
  for (const file of programFiles(new URL("src/", ROOT))) {
    const text = Deno.readTextFileSync(file);
    for (const [binding] of text.matchAll(/^\s*(await )?using _\w+ =/gm)) {
      found.add(binding.trim());
    }
  }
  return [...found];
}

function programFiles(folder: URL): URL[] {
  return [...Deno.readDirSync(folder)].flatMap((entry) => {
    if (entry.isDirectory) {
      if (entry.name === "testdata") return [];
      return programFiles(new URL(`${entry.name}/`, folder));
    }
    const isProgram = entry.name.endsWith(".ts") &&
      !entry.name.endsWith("_test.ts");
    return isProgram ? [new URL(entry.name, folder)] : [];
  });
}
