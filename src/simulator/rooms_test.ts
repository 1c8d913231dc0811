import { deepStrictEqual, ok } from "node:assert/strict";

const ROOM = new URL("./", import.meta.url).href;

/** Returns by module which modules of this folder it imports, and how. */
async function importsOf(entry: string) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: new URL("../../", import.meta.url),
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const imports = new Map<string, { path: string; isLoaded: boolean }[]>();
  for (const { specifier, dependencies = [] } of modules) {
    if (!specifier.startsWith(ROOM)) continue;
    const imported = dependencies.flatMap((
      { code, type, isDynamic = false }: {
        code?: { specifier: string };
        type?: { specifier: string };
        isDynamic?: boolean;
      },
    ) => {
      const url = code?.specifier ?? type?.specifier ?? "";
      const isLoaded = code !== undefined && !isDynamic;
      return url.startsWith(ROOM)
        ? [{ path: url.slice(ROOM.length), isLoaded }]
        : [];
    });
    imports.set(specifier.slice(ROOM.length), imported);
  }
  return imports;
}

Deno.test("a simulator that is not told to misbehave loads neither faults nor a server", async () => {
  const imports = await importsOf("src/simulator/simulator.ts");
  const loaded = new Set(["simulator.ts"]);
  for (const path of loaded) {
    for (const each of imports.get(path) ?? []) {
      if (each.isLoaded) loaded.add(each.path);
    }
  }
  ok(loaded.has("service/vm_endpoints.ts"));
  deepStrictEqual(
    [...loaded].filter((path) => /^faults\/|^serve/.test(path)),
    [],
  );
});

Deno.test("no module of the simulator imports itself by a detour", async () => {
  const imports = await importsOf("src/simulator/serve.ts");
  ok(imports.size > 20);
  // What imports nothing that is left is taken away, until nothing is left.
  for (;;) {
    const leaves = [...imports].filter(([, imported]) =>
      !imported.some(({ path }) => imports.has(path))
    );
    if (leaves.length === 0) break;
    for (const [path] of leaves) imports.delete(path);
  }
  deepStrictEqual([...imports.keys()], []);
});
