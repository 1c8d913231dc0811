import { strictEqual, throws } from "node:assert/strict";
import { testNeeding } from "../tests/helpers/machine.ts";
import {
  isForbidden,
  NotRegularFileError,
  openRegularFile,
  readRegularFile,
  reasonOf,
  statRegularFile,
} from "./regular_file.ts";

async function inFolder(test: (folder: string) => void | Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readRegularFile() does not read what is larger than any file of ours", () =>
  inFolder((dir) => {
    const path = `${dir}/large`;
    Deno.writeTextFileSync(path, "");
    Deno.truncateSync(path, 16 * 1024 * 1024 + 1);
    throws(() => readRegularFile(path), /larger than 16 MiB/);
  }));

Deno.test("readRegularFile() of what is not there is undefined", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    strictEqual(readRegularFile(`${folder}/none`), undefined);
    strictEqual(readRegularFile(`${folder}/file/none`), undefined);
    strictEqual(statRegularFile(`${folder}/none`), undefined);
  }));

testNeeding(
  ["posix"],
  "readRegularFile() reads through a link",
  () =>
    inFolder((folder) => {
      Deno.writeTextFileSync(`${folder}/file`, "text");
      Deno.symlinkSync(`${folder}/file`, `${folder}/link`);
      Deno.symlinkSync(`${folder}/none`, `${folder}/dangling`);
      strictEqual(readRegularFile(`${folder}/link`), "text");
      strictEqual(readRegularFile(`${folder}/dangling`), undefined);
    }),
);

Deno.test("openRegularFile() refuses a folder, and makes a file", () =>
  inFolder((folder) => {
    throws(() => openRegularFile(folder, { read: true }), {
      name: "NotRegularFileError",
      message: "It is a folder, not a regular file",
    });
    openRegularFile(`${folder}/new`, { write: true, create: true }).close();
    strictEqual(Deno.statSync(`${folder}/new`).isFile, true);
  }));

testNeeding(
  ["posix", "tool:mkfifo"],
  "openRegularFile() never opens a FIFO, a socket or a device",
  () =>
    inFolder(async (folder) => {
      const fifo = `${folder}/fifo`;
      await new Deno.Command("mkfifo", { args: [fifo] }).output();
      Deno.symlinkSync(fifo, `${folder}/link`);
      const socket = `${folder}/socket`;
      using _listener = Deno.listen({ transport: "unix", path: socket });
      for (
        const [path, what] of [
          [fifo, "a FIFO"],
          [`${folder}/link`, "a FIFO"],
          [socket, "a socket"],
          ["/dev/null", "a device"],
        ] as const
      ) {
        const wanted = (error: unknown) => {
          strictEqual(
            error instanceof NotRegularFileError,
            true,
            String(error),
          );
          strictEqual(reasonOf(error), `it is ${what}, not a regular file`);
          return true;
        };
        throws(
          () => openRegularFile(path, { read: true, write: true }),
          wanted,
        );
        throws(() => readRegularFile(path), wanted);
      }
    }),
);

Deno.test("reasonOf() leaves out the path, and the runtime's own flags", () => {
  strictEqual(
    reasonOf(new Error("Permission denied (os error 13): open '/a: b'")),
    "Permission denied (os error 13)",
  );
  strictEqual(reasonOf(new Error("No: really")), "No: really");
  const error = new Deno.errors.NotCapable(
    'Requires all access to "/proc/x", run again with the --allow-all flag',
  );
  strictEqual(
    reasonOf(error),
    "vers can use no files in /dev, /proc and /sys",
  );
  strictEqual(
    reasonOf(
      new Deno.errors.NotCapable(
        'Requires write access to "/x", run again with the --allow-write flag',
      ),
    ),
    "vers may not use files there",
  );
  strictEqual(isForbidden(error), true);
  strictEqual(isForbidden(new Deno.errors.NotFound()), false);
});
