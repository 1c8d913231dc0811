import { strictEqual } from "node:assert/strict";
import { testNeeding } from "../tests/helpers/machine.ts";
import { ownerInFolder, safePlaceFor } from "./file_owner.ts";

const ADA = 12_345;

/** Runs a test in a folder of root's. */
async function inFolder(test: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    test(await Deno.realPath(folder));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function make(folder: string, uid: number, mode: number): string {
  Deno.mkdirSync(folder);
  Deno.chownSync(folder, uid, uid);
  Deno.chmodSync(folder, mode);
  return folder;
}

testNeeding(
  ["root"],
  "safePlaceFor() leads root out of every folder that a user can change",
  () =>
    inFolder((root) => {
      strictEqual(safePlaceFor(root), root);
      const home = make(`${root}/home`, ADA, 0o700);
      strictEqual(safePlaceFor(home), root);
      // What is root's, but lies in a user's folder, can be moved away.
      strictEqual(safePlaceFor(make(`${home}/roots`, 0, 0o700)), root);
      strictEqual(safePlaceFor(make(`${root}/open`, 0, 0o777)), root);
      const sticky = make(`${root}/tmp`, 0, 0o1777);
      strictEqual(safePlaceFor(sticky), sticky);
      Deno.symlinkSync(home, `${root}/link`);
      strictEqual(safePlaceFor(`${root}/link`), root);
    }),
);

testNeeding(
  ["root"],
  "ownerInFolder() of root is a folder's user, unless all may write to it",
  () =>
    inFolder((root) => {
      strictEqual(ownerInFolder(root), undefined);
      strictEqual(ownerInFolder(make(`${root}/home`, ADA, 0o770))?.uid, ADA);
      const open = make(`${root}/open`, ADA, 0o777);
      strictEqual(ownerInFolder(open), undefined);
    }),
);
