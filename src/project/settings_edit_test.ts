import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { needing } from "../../tests/helpers/machine.ts";
import { editSetting, readRawSettings } from "./settings_edit.ts";

async function withFile(
  before: string | undefined,
  test: (path: string, read: () => string) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/vers/settings.jsonc`;
  try {
    if (before !== undefined) {
      await Deno.mkdir(`${folder}/vers`);
      await Deno.writeTextFile(path, before);
    }
    await test(path, () => Deno.readTextFileSync(path));
    const left = [...Deno.readDirSync(`${folder}/vers`)];
    deepStrictEqual(left.map(({ name }) => name), ["settings.jsonc"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const COMMENTED = `// mine
{
  // how long
  "timeout": "10m", // not longer
  "adopt": "never",
}
`;

Deno.test("editSetting() keeps comments, order and what it does not know", async () => {
  await withFile(COMMENTED, async (path, read) => {
    await editSetting(path, "timeout", "30m");
    strictEqual(read(), COMMENTED.replace("10m", "30m"));
    await editSetting(path, "poll_interval", "2s");
    deepStrictEqual([...await readRawSettings(path)], [
      ["timeout", "30m"],
      ["adopt", "never"],
      ["poll_interval", "2s"],
    ]);
    for (const comment of ["// mine", "// how long", "// not longer"]) {
      strictEqual(read().includes(comment), true, comment);
    }
  });
});

Deno.test("editSetting() takes a setting out, and leaves what is not there alone", async () => {
  await withFile(COMMENTED, async (path, read) => {
    await editSetting(path, "adopt", undefined);
    deepStrictEqual([...await readRawSettings(path)], [["timeout", "10m"]]);
    const before = read();
    await editSetting(path, "retention", undefined);
    strictEqual(read(), before);
  });
});

for (const before of [undefined, "", "{}"]) {
  Deno.test(`editSetting() of ${JSON.stringify(before)} makes a file for its owner`, async () => {
    await withFile(before, async (path) => {
      await editSetting(path, "timeout", "1h");
      deepStrictEqual([...await readRawSettings(path)], [["timeout", "1h"]]);
      if (before === undefined && Deno.build.os !== "windows") {
        strictEqual((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
      }
    });
  });
}

for (const before of ["{", "[]", "nonsense"]) {
  Deno.test(`editSetting() leaves a file with ${JSON.stringify(before)} as it is`, async () => {
    await withFile(before, async (path, read) => {
      await rejects(editSetting(path, "timeout", "1h"), { code: "usage" });
      strictEqual(read(), before);
    });
  });
}

Deno.test({
  ...needing(
    ["posix"],
    "editSetting() replaces what a link leads to, not the link",
  ),
  async fn() {
    await withFile(undefined, async (path) => {
      const folder = await Deno.makeTempDir();
      const real = `${folder}/real.jsonc`;
      await Deno.writeTextFile(real, COMMENTED);
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""));
      await Deno.symlink(real, path);
      await editSetting(path, "timeout", "5m");
      strictEqual((await Deno.lstat(path)).isSymlink, true);
      strictEqual(
        await Deno.readTextFile(real),
        COMMENTED.replace("10m", "5m"),
      );
      await Deno.remove(folder, { recursive: true });
    });
  },
});
