import { strictEqual, throws } from "node:assert/strict";
import { describeValue, placeOf, readTextFile } from "./text_file.ts";

Deno.test("readTextFile() of no file is undefined", async () => {
  const folder = await Deno.makeTempDir();
  try {
    strictEqual(readTextFile(`${folder}/none`), undefined);
    Deno.writeTextFileSync(`${folder}/file`, "x");
    strictEqual(readTextFile(`${folder}/file/none`), undefined);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTextFile() leaves out a byte order mark", async () => {
  const folder = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(`${folder}/file`, "\ufeff{}");
    strictEqual(readTextFile(`${folder}/file`), "{}");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTextFile() names what it cannot read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    throws(() => readTextFile(folder), (error: unknown) => {
      const message = error instanceof Error ? error.message : "";
      const start = `Cannot read ${JSON.stringify(folder)}: `;
      strictEqual(message.startsWith(start), true, message);
      // The reason alone: the system's text would name the file again.
      strictEqual(message.slice(start.length).includes(folder), false);
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("placeOf() counts lines and columns from 1", () => {
  strictEqual(placeOf("ab\ncd", 0), "line 1, column 1");
  strictEqual(placeOf("ab\ncd", 4), "line 2, column 2");
});

for (
  const { value, text } of [
    { value: "a\nb", text: `"a\\nb"` },
    { value: "x".repeat(61), text: `"${"x".repeat(60)}"…` },
    { value: 1.5, text: "1.5" },
    { value: true, text: "true" },
    { value: null, text: "null" },
    { value: [1], text: "a list" },
    { value: { a: 1 }, text: "a table" },
    { value: new Date(0), text: "a date" },
  ]
) {
  Deno.test(`describeValue() says ${text}`, () => {
    strictEqual(describeValue(value), text);
  });
}
