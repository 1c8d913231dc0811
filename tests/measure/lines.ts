/**
 * `deno task measure:lines [COMMIT]`: how many lines of code `src` has without
 * its tests, folder by folder, now and at a commit; lines that are blank or
 * hold a comment alone do not count. The share of comments stands beside it.
 */

/** What the files of a folder come to. */
interface Count {
  files: number;
  code: number;
  comments: number;
}

const ROOT = new URL("../../", import.meta.url).pathname;
const [commit] = Deno.args;

const now = countAll(await filesIn("HEAD", (path) => readNow(path)));
const before = commit === undefined
  ? undefined
  : countAll(await filesIn(commit, (path) => git("show", `${commit}:${path}`)));
await say(render(now, before));

/** Returns the text of every file of the program that a commit has. */
async function filesIn(
  commit: string,
  read: (path: string) => Promise<string>,
): Promise<Map<string, string>> {
  const listed = await git("ls-tree", "-r", "--name-only", commit, "src");
  const texts = new Map<string, string>();
  for (const path of listed.split("\n")) {
    const isOurs = path.endsWith(".ts") && !path.endsWith("_test.ts") &&
      !path.includes("/testdata/");
    if (isOurs) texts.set(path, await read(path));
  }
  return texts;
}

async function readNow(path: string): Promise<string> {
  return await Deno.readTextFile(ROOT + path);
}

async function git(...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("git", {
    args: ["-C", ROOT, ...args],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function countAll(texts: ReadonlyMap<string, string>): Map<string, Count> {
  const counts = new Map<string, Count>();
  for (const [path, text] of texts) {
    // The rooms of src, and what lies in it beside them.
    const [, room = ""] = path.split("/");
    const folder = room.endsWith(".ts") ? "src" : `src/${room}`;
    const count = counts.get(folder) ?? { files: 0, code: 0, comments: 0 };
    count.files++;
    addLines(text, count);
    counts.set(folder, count);
  }
  return counts;
}

function addLines(text: string, count: Count): void {
  let isInComment = false;
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (line === "") continue;
    const isComment = isInComment || line.startsWith("//") ||
      line.startsWith("/*");
    if (isComment) count.comments++;
    else count.code++;
    if (line.startsWith("/*")) isInComment = true;
    if (isComment && line.includes("*/")) isInComment = false;
  }
}

function render(
  now: ReadonlyMap<string, Count>,
  before: ReadonlyMap<string, Count> = now,
): string {
  const none: Count = { files: 0, code: 0, comments: 0 };
  const folders = [...new Set([...before.keys(), ...now.keys()])].toSorted();
  const rows = folders.map((folder) =>
    [folder, before.get(folder) ?? none, now.get(folder) ?? none] as const
  );
  const all = [
    "all",
    sum(rows.map(([, was]) => was)),
    sum(rows.map(([, , is]) => is)),
  ] as const;
  const line = (texts: readonly string[]) =>
    texts.map((text, at) => at === 0 ? text.padEnd(14) : text.padStart(10))
      .join("") + "\n";
  return line(["folder", "files", "", "code", "", "comments", ""]) +
    [...rows, all].map(([folder, was, is]) =>
      line([
        folder,
        `${was.files}`,
        `${is.files}`,
        `${was.code}`,
        `${is.code}`,
        share(was),
        share(is),
      ])
    ).join("") +
    `code: ${((all[2].code / all[1].code - 1) * 100).toFixed(1)} %\n`;
}

function sum(counts: readonly Count[]): Count {
  const total: Count = { files: 0, code: 0, comments: 0 };
  for (const { files, code, comments } of counts) {
    total.files += files;
    total.code += code;
    total.comments += comments;
  }
  return total;
}

function share({ code, comments }: Count): string {
  return `${(100 * comments / Math.max(1, code + comments)).toFixed(1)} %`;
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
