/**
 * `deno task test:rules`: breaks each rule of the table by its one change, in a
 * copy of the project, and sees that the test fails which names the rule.
 *
 *     break_rules.ts [TEXT]
 *
 * With a text, only the rules that have it in their line. Ends with 1 when a
 * test does not pass before the change, or passes after it.
 */
import { copyProject } from "../helpers/copy_project.ts";
import { LEDGER_RULES } from "./ledger_rules.ts";
import { type Rule, RULES } from "./rules.ts";

const [wanted = ""] = Deno.args;
const rules = [...RULES, ...LEDGER_RULES]
  .filter(({ rule }) => rule.includes(wanted));
const copy = await Deno.makeTempDir({ prefix: "vers-rules-" });
let missed = 0;
try {
  copyProject(copy);
  for (const [index, rule] of rules.entries()) {
    const verdict = await verdictOn(rule, copy);
    if (verdict !== "caught") missed++;
    await say(`${index + 1}/${rules.length} ${verdict}: ${rule.rule}\n`);
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
await say(`${rules.length - missed} of ${rules.length} rules are held\n`);
if (missed > 0) Deno.exitCode = 1;

async function verdictOn(
  { test, change }: Rule,
  root: string,
): Promise<"caught" | "NOT CAUGHT" | "BROKEN BEFORE"> {
  const [file, from, to] = change;
  const path = `${root}/${file}`;
  const text = await Deno.readTextFile(path);
  if (!await passes(test, root)) return "BROKEN BEFORE";
  await Deno.writeTextFile(path, text.replace(from, () => to));
  try {
    return await passes(test, root) ? "NOT CAUGHT" : "caught";
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

/** Whether the tests with this in their name pass; there must be one. */
async function passes(
  [file, name]: Rule["test"],
  root: string,
): Promise<boolean> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-q", "-A", "--no-check", "--filter", name, file],
    cwd: root,
    env: { NO_COLOR: "1" },
    stderr: "null",
  }).output();
  const summary = new TextDecoder().decode(stdout);
  if (/\| 0 passed .*\| 0 failed/.test(summary)) {
    throw new Error(`No test of ${file} has "${name}" in its name`);
  }
  return success;
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
