import { strictEqual } from "node:assert/strict";
import { needing, testNeeding } from "../tests/helpers/machine.ts";
import {
  ensureFolder,
  ensureOwnedFile,
  ensurePrivateFolder,
  folderOf,
  writeAllSync,
} from "./atomic_file.ts";

async function inFolder(
  action: (dir: string) => Promise<void> | void,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await action(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}

Deno.test("writeAllSync() writes at the file's position", () =>
  inFolder((dir) => {
    const path = `${dir}/file`;
    const file = Deno.openSync(path, { write: true, create: true });
    using _closing = file;
    writeAllSync(file, new TextEncoder().encode("one"));
    writeAllSync(file, new Uint8Array(0));
    writeAllSync(file, new TextEncoder().encode("two"));
    strictEqual(Deno.readTextFileSync(path), "onetwo");
  }));

Deno.test({
  ...needing(
    ["posix"],
    "ensurePrivateFolder() makes folders for their user alone, and leaves those that are there",
  ),
  fn: () =>
    inFolder((dir) => {
      Deno.mkdirSync(`${dir}/there`);
      Deno.chmodSync(`${dir}/there`, 0o755);
      ensurePrivateFolder(`${dir}/there/new/deep`);
      ensurePrivateFolder(`${dir}/there/new`);
      strictEqual(modeOf(`${dir}/there`), "755");
      strictEqual(modeOf(`${dir}/there/new`), "700");
      strictEqual(modeOf(`${dir}/there/new/deep`), "700");
    }),
});

for (
  const [path, folder] of [
    ["/home/ada/.vers/jobs.jsonl", "/home/ada/.vers"],
    ["/file", "/"],
    ["file", "."],
    ["folder/file", "folder"],
    ...(Deno.build.os === "windows"
      ? [
        ["C:\\Users\\ada\\file", "C:\\Users\\ada"],
        ["C:\\Users\\ada/.vers/file", "C:\\Users\\ada/.vers"],
      ] as const
      : [["/tmp/a\\b", "/tmp"]] as const),
  ] as const
) {
  Deno.test(`folderOf("${path}") is ${folder}`, () => {
    strictEqual(folderOf(path), folder);
  });
}

const ADA = 12_345;
const HER_GROUP = 12_346;

/** Gives a folder to a user who is not root, and returns it. */
function folderOfAda(dir: string, mode = 0o755): string {
  const folder = `${dir}/ada`;
  Deno.mkdirSync(folder);
  Deno.chownSync(folder, ADA, HER_GROUP);
  Deno.chmodSync(folder, mode);
  return folder;
}

function ownerOf(path: string): string {
  const { uid, gid } = Deno.statSync(path);
  return `${uid}:${gid}`;
}

testNeeding(
  ["root"],
  "ensureFolder() makes root's folders in a user's folder the user's",
  () =>
    inFolder((dir) => {
      const folder = folderOfAda(dir);
      ensurePrivateFolder(`${folder}/.vers/local`);
      for (const path of [`${folder}/.vers`, `${folder}/.vers/local`]) {
        strictEqual(ownerOf(path), `${ADA}:${HER_GROUP}`);
        strictEqual(modeOf(path), "700");
      }
      ensureFolder(`${folder}/project`, 0o777);
      strictEqual(ownerOf(`${folder}/project`), `${ADA}:${HER_GROUP}`);
      strictEqual([...Deno.readDirSync(dir)].length, 1);
    }),
);

testNeeding(
  ["root"],
  "ensureFolder() makes root's folders root's where anybody may write",
  () =>
    inFolder((dir) => {
      const folder = folderOfAda(dir, 0o777);
      ensurePrivateFolder(`${folder}/.vers`);
      strictEqual(Deno.statSync(`${folder}/.vers`).uid, 0);
    }),
);

testNeeding(
  ["root"],
  "ensureOwnedFile() makes a file the user's, and leaves one that is there",
  () =>
    inFolder((dir) => {
      const path = `${folderOfAda(dir)}/key.lock`;
      ensureOwnedFile(path, 0o600);
      strictEqual(ownerOf(path), `${ADA}:${HER_GROUP}`);
      strictEqual(modeOf(path), "600");
      const { ino } = Deno.statSync(path);
      Deno.writeTextFileSync(path, "held");
      ensureOwnedFile(path, 0o600);
      strictEqual(Deno.statSync(path).ino, ino);
      strictEqual(Deno.readTextFileSync(path), "held");
      strictEqual([...Deno.readDirSync(folderOf(path))].length, 1);
    }),
);
