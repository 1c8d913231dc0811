import { strictEqual, throws } from "node:assert/strict";
import { needing } from "../../tests/helpers/machine.ts";
import { clearHead, readHead, writeHead } from "./head.ts";

const VM = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";

async function withFolder(test: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readHead() of a missing, empty or blank file is undefined", async () => {
  await withFolder((folder) => {
    const path = `${folder}/HEAD`;
    strictEqual(readHead(path), undefined);
    strictEqual(readHead(`${folder}/.vers/HEAD`), undefined);
    for (const content of ["", " \r\n"]) {
      Deno.writeTextFileSync(path, content);
      strictEqual(readHead(path), undefined);
    }
  });
});

Deno.test("readHead() leaves out the space around the id", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/HEAD`, ` ${VM}\r\n`);
    strictEqual(readHead(`${folder}/HEAD`), VM);
  });
});

Deno.test("writeHead() makes the folder, and writes the id alone", async () => {
  await withFolder((folder) => {
    const path = `${folder}/.vers/HEAD`;
    writeHead(path, "an older one");
    writeHead(path, VM);
    strictEqual(Deno.readTextFileSync(path), VM);
    strictEqual(readHead(path), VM);
    strictEqual([...Deno.readDirSync(`${folder}/.vers`)].length, 1);
  });
});

Deno.test({
  ...needing(["posix"], "writeHead() makes a file that others may read"),
  fn: () =>
    withFolder((folder) => {
      const path = `${folder}/.vers/HEAD`;
      writeHead(path, VM);
      const mode = Deno.statSync(path).mode ?? 0;
      strictEqual(mode & 0o777 & ~0o644, 0);
      strictEqual(mode & 0o600, 0o600);
    }),
});

Deno.test("writeHead() names a file that it cannot write", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/.vers`, "in the way");
    throws(() => writeHead(`${folder}/.vers/HEAD`, VM), {
      name: "Failure",
      code: "general",
    });
  });
});

Deno.test("clearHead() says whether there was one", async () => {
  await withFolder((folder) => {
    const path = `${folder}/.vers/HEAD`;
    strictEqual(clearHead(path), false);
    writeHead(path, VM);
    strictEqual(clearHead(path), true);
    strictEqual(readHead(path), undefined);
  });
});
