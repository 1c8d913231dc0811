import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { needing } from "../tests/helpers/machine.ts";
import { startProgram } from "../tests/helpers/program.ts";
import {
  ensurePrivateFolder,
  folderOf,
  replaceFile,
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

function namesIn(dir: string): string[] {
  return [...Deno.readDirSync(dir)].map(({ name }) => name).toSorted();
}

function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}

Deno.test("replaceFile() puts text and bytes in their place, whole, and nothing beside them", () =>
  inFolder((dir) => {
    const path = `${dir}/head`;
    replaceFile(path, "ünï\n");
    strictEqual(Deno.readTextFileSync(path), "ünï\n");
    const bytes = new Uint8Array(3_000_000).fill(7);
    replaceFile(path, bytes);
    deepStrictEqual(Deno.readFileSync(path), bytes);
    replaceFile(path, "");
    strictEqual(Deno.statSync(path).size, 0);
    deepStrictEqual(namesIn(dir), ["head"]);
  }));

for (
  const { name, there, mode, result } of [
    { name: "of a new file is 0600", result: "600" },
    { name: "of a new file is what was asked for", mode: 0o644, result: "644" },
    { name: "of a file that is there is kept", there: 0o640, result: "640" },
    {
      name: "of a file that is there is kept, whatever was asked for",
      there: 0o600,
      mode: 0o644,
      result: "600",
    },
    {
      name: "of a file that is there is kept, whatever the umask",
      there: 0o666,
      result: "666",
    },
  ]
) {
  Deno.test({
    ...needing(["posix"], `replaceFile(): the mode ${name}`),
    fn: () =>
      inFolder((dir) => {
        const path = `${dir}/head`;
        if (there !== undefined) {
          Deno.writeTextFileSync(path, "old");
          Deno.chmodSync(path, there);
        }
        const umask = Deno.umask(0o022);
        try {
          replaceFile(path, "new", mode === undefined ? {} : { mode });
        } finally {
          Deno.umask(umask);
        }
        strictEqual(modeOf(path), result);
      }),
  });
}

Deno.test("replaceFile() leaves what is there, and nothing of its own, when it cannot", () =>
  inFolder((dir) => {
    const path = `${dir}/head`;
    Deno.mkdirSync(path);
    Deno.writeTextFileSync(`${path}/file`, "kept");
    throws(() => replaceFile(path, "new"));
    deepStrictEqual(namesIn(dir), ["head"]);
    strictEqual(Deno.readTextFileSync(`${path}/file`), "kept");
    throws(
      () => replaceFile(`${dir}/missing/head`, "new"),
      Deno.errors.NotFound,
    );
    deepStrictEqual(namesIn(dir), ["head"]);
  }));

/** Puts one letter after the other into a file, a million times each. */
const WRITER = `
  import { replaceFile } from ${
  JSON.stringify(new URL("atomic_file.ts", import.meta.url).href)
};
  for (let turn = 0;; turn++) {
    replaceFile(Deno.args[0], "ab"[turn % 2].repeat(1_000_000));
    if (turn === 0) console.log("ready");
  }
`;

Deno.test("replaceFile() never shows a part of a file, and leaves none when it is killed", () =>
  inFolder(async (dir) => {
    const path = `${dir}/head`;
    await using writer = await startProgram([WRITER, path], {
      command: { executable: Deno.execPath(), args: ["eval", "--no-config"] },
    });
    await writer.stdoutLine(/^ready$/);
    const seen = new Set<string>();
    for (let time = 0; time < 400 && (time < 60 || seen.size < 2); time++) {
      seen.add(readWhole(path));
    }
    deepStrictEqual(seen, new Set(["a", "b"]));
    writer.kill("SIGKILL");
    await writer.done;
    readWhole(path);
  }));

/** Returns the letter that all of the file is. */
function readWhole(path: string): string {
  const bytes = Deno.readFileSync(path);
  const [first = 0] = bytes;
  strictEqual(bytes.length, 1_000_000);
  ok(bytes.every((byte) => byte === first));
  return String.fromCharCode(first);
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

Deno.test({
  ...needing(["posix"], "replaceFile() of a link replaces what it leads to"),
  async fn() {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/kept`, "old");
    await Deno.symlink(`${folder}/kept`, `${folder}/link`);
    replaceFile(`${folder}/link`, "new");
    strictEqual(await Deno.readTextFile(`${folder}/kept`), "new");
    strictEqual((await Deno.lstat(`${folder}/link`)).isSymlink, true);
    await Deno.remove(folder, { recursive: true });
  },
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
