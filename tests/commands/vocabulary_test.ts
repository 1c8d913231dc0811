import { deepStrictEqual } from "node:assert/strict";
import type { Flag } from "../../src/cli/command_line/flag.ts";
import { GLOBAL_FLAGS } from "../../src/cli/command_line/output_choice.ts";
import { WAIT_FLAGS } from "../../src/cli/command_line/wait_flags.ts";
import { allCommands, allGroups } from "../helpers/command_tree.ts";

/** One word for one thing, and the words that would say the same. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  delete: ["remove", "destroy", "rm", "kill", "terminate", "erase", "drop"],
  get: ["show", "describe", "info", "inspect", "view", "read", "cat"],
  list: ["ls", "index", "all"],
  set: ["put", "assign", "update", "edit", "modify"],
  unset: ["clear", "reset"],
  create: ["new", "make", "add"],
  run: ["start", "launch", "up", "boot"],
  pause: ["stop", "suspend", "halt", "sleep", "down"],
  resume: ["unpause", "wake", "continue"],
  wait: ["watch", "follow", "await", "block"],
  exec: ["ssh", "shell", "execute", "sh"],
  prune: ["gc", "clean", "purge"],
  cancel: ["abort"],
  login: ["signin", "auth"],
  logout: ["signout"],
  output: ["format", "out"],
  quiet: ["silent", "ids-only"],
  verbose: ["debug", "trace"],
  timeout: ["max-wait", "wait-timeout", "deadline"],
  limit: ["max", "top", "page-size"],
  offset: ["skip", "page"],
  yes: ["force-yes", "assume-yes", "confirm"],
  "dry-run": ["simulate-only", "plan", "preview", "what-if"],
  name: ["title", "display-name"],
  description: ["message", "comment"],
  workdir: ["cwd", "chdir"],
};

/** Where another word says another thing, or the Go CLI's is kept. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  "alias remove": "the name goes, the VM stays: nothing is deleted",
  "delete: kill": "the Go CLI's alias",
  "get: info": "the Go CLI's alias",
  "exec: execute": "the Go CLI's alias",
  "exec --ssh": "the Go CLI's flag",
  "jobs logs --follow": "what every program that prints logs calls it",
  "jobs prune --all": "every job, not a list of them",
};

const COMMANDS = await allCommands();

Deno.test("commands, their other names and flags have one word for one thing", () => {
  const banned = new Map(
    Object.entries(SYNONYMS).flatMap(([word, others]) =>
      others.map((other) => [other, word] as const)
    ),
  );
  const words = [
    ...allGroups().map((path) => [path.join(" "), path.at(-1)] as const),
    ...COMMANDS.flatMap(({ name, path, route: { aliases = [] }, command }) => [
      [name, path.at(-1)] as const,
      ...aliases.map((alias) => [`${name}: ${alias}`, alias] as const),
      ...Object.keys(command.flags).map((flag) =>
        [`${name} --${flag}`, flag] as const
      ),
    ]),
    ...Object.keys(GLOBAL_FLAGS).map((flag) => [`--${flag}`, flag] as const),
  ];
  const found = words.flatMap(([where, word = ""]) =>
    banned.has(word) && !Object.hasOwn(EXCEPTIONS, where)
      ? [`${where}: the word is ${banned.get(word)}`]
      : []
  );
  deepStrictEqual(found, []);
  const met = new Set<string>(words.map(([where]) => where));
  const outdated = Object.keys(EXCEPTIONS).filter((where) => !met.has(where));
  deepStrictEqual(outdated, []);
});

/** Flags of one name that differ, as the Go CLI has them. */
const OWN_MEANINGS = new Set([
  // The Go CLI gives these a letter that others of the name do not have.
  "exec --timeout",
  "commit create --name",
  // Of the two that name a VM, the Go CLI has --vm-alias -N and --alias -n.
  "branch --alias",
]);

Deno.test("a flag of one name is the same flag wherever it is", () => {
  const firsts = new Map<string, readonly [where: string, traits: string]>();
  const differing: string[] = [];
  for (const { name: command, command: { flags } } of COMMANDS) {
    for (const [name, flag] of Object.entries(flags)) {
      const where = `${command} --${name}`;
      if (OWN_MEANINGS.has(where)) continue;
      const traits = traitsOf(flag);
      const [first, expected] = firsts.get(name) ?? [where, traits];
      firsts.set(name, [first, expected]);
      if (traits !== expected) {
        differing.push(`${where} ${traits}, but ${first} ${expected}`);
      }
    }
  }
  deepStrictEqual(differing, []);
});

function traitsOf(flag: Flag): string {
  const { type, shorthand = "none" } = flag;
  const placeholder = flag.type === "boolean" ? "none" : flag.placeholder;
  return `is a ${type} of ${placeholder} with the letter ${shorthand}`;
}

/** Letters that stand for several flags, as the Go CLI has them. */
const SHARED_LETTERS = new Map([
  ["n", new Set(["alias", "name"])],
  ["t", new Set(["timeout", "token"])],
]);

Deno.test("a letter stands for the same flag wherever it is", () => {
  const meanings = new Map<string, Set<string>>();
  const note = (name: string, { shorthand }: Flag) => {
    if (shorthand === undefined) return;
    const names = meanings.get(shorthand) ?? new Set();
    meanings.set(shorthand, names.add(name));
  };
  for (const { command: { flags } } of COMMANDS) {
    for (const [name, flag] of Object.entries(flags)) note(name, flag);
  }
  for (const [name, flag] of Object.entries<Flag>(GLOBAL_FLAGS)) {
    note(name, flag);
  }
  const several = [...meanings].filter(([, names]) => names.size > 1);
  deepStrictEqual(new Map(several), SHARED_LETTERS);
});

Deno.test("commands that wait for a VM all take the same flags for it", () => {
  const waiting = COMMANDS.filter(({ command: { flags } }) =>
    Object.hasOwn(flags, "wait")
  );
  deepStrictEqual(
    waiting.map(({ name, command: { flags } }) => [
      name,
      Object.keys(WAIT_FLAGS).filter((flag) => !Object.hasOwn(flags, flag)),
    ]),
    ["run", "run-commit", "branch", "deploy", "resume"].map((name) => [
      name,
      [],
    ]),
  );
});
