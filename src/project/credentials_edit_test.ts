import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { needing } from "../../tests/helpers/machine.ts";
import { Failure } from "../failure.ts";
import { readApiKey } from "./credentials.ts";
import { removeApiKey, saveApiKey } from "./credentials_edit.ts";

function withFile(
  before: string | undefined,
  test: (path: string, read: () => unknown) => void,
) {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/.versrc`;
  try {
    if (before !== undefined) Deno.writeTextFileSync(path, before);
    test(path, () => JSON.parse(Deno.readTextFileSync(path)));
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    deepStrictEqual(
      left,
      before === undefined && left.length === 0 ? [] : [
        ".versrc",
      ],
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const OTHERS = { email: "ada@acme.test", sshKeyPath: "/k", later: { a: 1 } };

Deno.test("saveApiKey() keeps all other fields", () => {
  const before = JSON.stringify({ apiKey: "old", ...OTHERS });
  withFile(before, (path, read) => {
    saveApiKey(path, "new");
    deepStrictEqual(read(), { apiKey: "new", ...OTHERS });
    strictEqual(readApiKey({ path }), "new");
  });
});

Deno.test({
  ...needing(
    ["posix"],
    "saveApiKey() leaves a file that only its owner can read",
  ),
  fn() {
    for (const before of [undefined, "{}"]) {
      withFile(before, (path) => {
        if (before !== undefined) Deno.chmodSync(path, 0o644);
        saveApiKey(path, "key");
        strictEqual((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
      });
    }
  },
});

Deno.test("removeApiKey() takes the key alone, and says whether there was one", () => {
  withFile(JSON.stringify({ apiKey: "key", ...OTHERS }), (path, read) => {
    strictEqual(removeApiKey(path), true);
    deepStrictEqual(read(), OTHERS);
    strictEqual(removeApiKey(path), false);
  });
  withFile(undefined, (path) => strictEqual(removeApiKey(path), false));
});

for (const before of ['{"apiKey": "s3cret"', '["s3cret"]', '"s3cret"']) {
  Deno.test(`a file with ${before} is left as it is, and not quoted`, () => {
    withFile(before, (path) => {
      for (
        const edit of [() => saveApiKey(path, "k"), () => removeApiKey(path)]
      ) {
        throws(edit, (error) => {
          return error instanceof Failure &&
            !Deno.inspect(error).includes("s3cret");
        });
      }
      strictEqual(Deno.readTextFileSync(path), before);
    });
  });
}
