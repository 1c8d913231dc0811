import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { needing, SmallDisk, testNeeding } from "../tests/helpers/machine.ts";
import { startProgram } from "../tests/helpers/program.ts";
import { replaceFile } from "./replace_file.ts";

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
  JSON.stringify(new URL("replace_file.ts", import.meta.url).href)
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

testNeeding(
  ["posix"],
  "replaceFile() of a link replaces what it leads to",
  () =>
    inFolder((dir) => {
      Deno.writeTextFileSync(`${dir}/kept`, "old");
      Deno.symlinkSync(`${dir}/kept`, `${dir}/link`);
      replaceFile(`${dir}/link`, "new");
      strictEqual(Deno.readTextFileSync(`${dir}/kept`), "new");
      strictEqual(Deno.lstatSync(`${dir}/link`).isSymlink, true);
    }),
);

testNeeding(
  ["posix"],
  "replaceFile() of a link makes what it leads to",
  () =>
    inFolder((dir) => {
      Deno.mkdirSync(`${dir}/elsewhere`);
      Deno.symlinkSync("elsewhere/next", `${dir}/link`);
      Deno.symlinkSync(`${dir}/elsewhere/kept`, `${dir}/elsewhere/next`);
      replaceFile(`${dir}/link`, "new");
      strictEqual(Deno.readTextFileSync(`${dir}/elsewhere/kept`), "new");
      deepStrictEqual(namesIn(`${dir}/elsewhere`), ["kept", "next"]);
      strictEqual(Deno.lstatSync(`${dir}/link`).isSymlink, true);
    }),
);

testNeeding(
  ["posix"],
  "replaceFile() says of a link that the folder it leads to is missing",
  () =>
    inFolder((dir) => {
      Deno.symlinkSync(`${dir}/none/kept`, `${dir}/link`);
      throws(() => replaceFile(`${dir}/link`, "new"), {
        message: `it is a link to "${dir}/none/kept", ` +
          "and the folder of that is not there",
      });
      strictEqual(Deno.lstatSync(`${dir}/link`).isSymlink, true);
      deepStrictEqual(namesIn(dir), ["link"]);
    }),
);

Deno.test("replaceFile() removes what killed processes left an hour ago, and no more", () =>
  inFolder((dir) => {
    const path = `${dir}/head`;
    const old = new Date(Date.now() - 3_700_000);
    const young = new Date(Date.now() - 3_000_000);
    const id = crypto.randomUUID();
    for (
      const [name, mtime] of [
        [`head.${id}.tmp`, old],
        [`head.${crypto.randomUUID()}.tmp`, young],
        [`head2.${id}.tmp`, old],
        ["head.tmp", old],
        [`head.${id}`, old],
      ] as const
    ) {
      Deno.writeTextFileSync(`${dir}/${name}`, "");
      Deno.utimeSync(`${dir}/${name}`, mtime, mtime);
    }
    const before = namesIn(dir);
    replaceFile(path, "new");
    deepStrictEqual(
      namesIn(dir),
      [...before, "head"].filter((name) => name !== `head.${id}.tmp`)
        .toSorted(),
    );
  }));

const ADA = 12_345;
const HER_GROUP = 12_346;

function ownershipOf(path: string): string {
  const { uid, gid } = Deno.statSync(path);
  return `${uid}:${gid} ${modeOf(path)}`;
}

/** Gives something to a user who is not root. */
function giveToAda(path: string, mode: number): void {
  Deno.chownSync(path, ADA, HER_GROUP);
  Deno.chmodSync(path, mode);
}

testNeeding(
  ["root"],
  "replaceFile() by root keeps the owner, the group and the mode",
  () =>
    inFolder((dir) => {
      Deno.mkdirSync(`${dir}/home`);
      giveToAda(`${dir}/home`, 0o700);
      for (const folder of [dir, `${dir}/home`]) {
        const path = `${folder}/settings`;
        Deno.writeTextFileSync(path, "old");
        giveToAda(path, 0o640);
        replaceFile(path, "new");
        strictEqual(Deno.readTextFileSync(path), "new");
        strictEqual(ownershipOf(path), `${ADA}:${HER_GROUP} 640`);
      }
      deepStrictEqual(namesIn(dir), ["home", "settings"]);
      deepStrictEqual(namesIn(`${dir}/home`), ["settings"]);
    }),
);

testNeeding(
  ["root"],
  "replaceFile() by root makes a new file its folder's owner's",
  () =>
    inFolder((dir) => {
      Deno.mkdirSync(`${dir}/home`);
      giveToAda(`${dir}/home`, 0o700);
      replaceFile(`${dir}/home/.versrc`, "new");
      strictEqual(
        ownershipOf(`${dir}/home/.versrc`),
        `${ADA}:${HER_GROUP} 600`,
      );
      replaceFile(`${dir}/mine`, "new");
      strictEqual(Deno.statSync(`${dir}/mine`).uid, 0);
    }),
);

testNeeding(
  ["root", "mount"],
  "replaceFile() by root writes to a file as it lies, where its owner could meddle",
  () =>
    inFolder((dir) => {
      Deno.mkdirSync(`${dir}/disk`);
      using disk = new SmallDisk(`${dir}/disk`, 1_000_000);
      // All of this device is the user's: no place there is root's alone.
      giveToAda(disk.path, 0o755);
      const path = `${disk.path}/settings`;
      Deno.writeTextFileSync(path, "a longer text");
      giveToAda(path, 0o640);
      const { ino } = Deno.statSync(path);
      replaceFile(path, "new");
      strictEqual(Deno.readTextFileSync(path), "new");
      strictEqual(ownershipOf(path), `${ADA}:${HER_GROUP} 640`);
      strictEqual(Deno.statSync(path).ino, ino);
      // Narrower than it is it cannot be made, and a secret is not to be read.
      throws(() => replaceFile(path, "secret", { mask: 0o600 }), {
        message: `a new file would not keep its owner ${ADA}:${HER_GROUP} ` +
          "with mode 0600",
      });
      strictEqual(Deno.readTextFileSync(path), "new");
      replaceFile(`${disk.path}/other`, "new");
      strictEqual(ownershipOf(`${disk.path}/other`), "0:0 600");
      deepStrictEqual(namesIn(disk.path), ["other", "settings"]);
    }),
);
