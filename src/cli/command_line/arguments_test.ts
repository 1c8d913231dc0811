import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { findCommand, sortArguments } from "./arguments.ts";
import {
  type Command,
  defineCommand,
  type Route,
  type Routes,
} from "./command.ts";
import { GLOBAL_FLAGS } from "./output_choice.ts";

const text = (value: string) => value;

const branch: Command = defineCommand({
  summary: "Branch a VM",
  description: "Branches a VM.",
  flags: {
    alias: {
      type: "value",
      brief: "Name it",
      shorthand: "n",
      placeholder: "NAME",
      parse: text,
    },
    checkout: { type: "boolean", brief: "Go there", shorthand: "c" },
    label: { type: "list", brief: "Label", placeholder: "TEXT", parse: text },
  },
  positionals: [{ name: "vm", brief: "The VM", isOptional: true }],
  examples: [["vers branch", "branch HEAD"]],
  run: () => Promise.resolve(0),
});

const exec: Command = defineCommand({
  ...branch,
  flags: {
    timeout: {
      type: "value",
      brief: "Limit",
      shorthand: "t",
      placeholder: "DURATION",
      parse: text,
    },
  },
  takesRest: true,
});

const routes: Routes = new Map<string, Route>([
  ["branch", leaf(branch)],
  ["exec", { ...leaf(exec), aliases: ["execute"] }],
  ["jobs", {
    type: "group",
    summary: "Jobs",
    routes: new Map<string, Route>([["list", leaf(branch)]]),
  }],
  ["alias", {
    type: "group",
    summary: "Aliases",
    fallback: "get",
    routes: new Map<string, Route>([["get", leaf(branch)]]),
  }],
]);

function leaf(command: Command) {
  return {
    type: "command" as const,
    summary: command.summary,
    load: () => Promise.resolve({ command }),
  };
}

for (
  const [line, path, rest] of [
    [["branch", "x"], ["branch"], ["x"]],
    [["--json", "branch"], ["branch"], ["--json"]],
    [["--output", "json", "branch", "x"], ["branch"], [
      "--output",
      "json",
      "x",
    ]],
    [["-n", "branch", "branch"], ["branch"], ["-n", "branch"]],
    [["--json", "jobs", "-q", "list", "x"], ["jobs", "list"], [
      "--json",
      "-q",
      "x",
    ]],
    [["execute", "vm"], ["exec"], ["vm"]],
    [["alias", "my-vm"], ["alias", "get"], ["my-vm"]],
    [["alias", "get", "my-vm"], ["alias", "get"], ["my-vm"]],
    [["jobs"], ["jobs"], []],
  ] as const
) {
  Deno.test(`findCommand() of "${line.join(" ")}" is ${path.join(" ")}`, () => {
    const found = findCommand(line, routes);
    deepStrictEqual([found.path, found.rest], [path, rest]);
  });
}

for (const word of ["constructor", "__proto__", "toString", "brnch"]) {
  Deno.test(`findCommand() of "${word}" finds nothing`, () => {
    const found = findCommand([word], routes);
    strictEqual(found.route, undefined);
    strictEqual(found.stray, word);
  });
}

Deno.test("findCommand() of an unknown word in a group names it", () => {
  const found = findCommand(["jobs", "lst"], routes);
  deepStrictEqual([found.path, found.stray], [["jobs"], "lst"]);
});

for (
  const [words, flags, args] of [
    [["--alias="], [{ name: "alias", value: "" }], []],
    [["--alias", "x"], [{ name: "alias", value: "x" }], []],
    [["--alias=a=b"], [{ name: "alias", value: "a=b" }], []],
    [["--alias=a\nb"], [{ name: "alias", value: "a\nb" }], []],
    [["-nx"], [{ name: "alias", value: "x" }], []],
    [["-n=x"], [{ name: "alias", value: "x" }], []],
    [["-n", "x"], [{ name: "alias", value: "x" }], []],
    [["-cqnx"], [{ name: "checkout" }, { name: "quiet" }, {
      name: "alias",
      value: "x",
    }], []],
    [["--json", "--json"], [{ name: "json" }], []],
    [["--json=true", "--local=false"], [{ name: "json" }], []],
    [["--alias", "x", "--alias=x"], [{ name: "alias", value: "x" }], []],
    [["--label", "a", "--label", "b"], [{ name: "label", value: "a" }, {
      name: "label",
      value: "b",
    }], []],
    [["vm", "--", "--json"], [], ["vm", "--json"]],
    [["-", "-5"], [], ["-", "-5"]],
    [["--alias", "-5"], [{ name: "alias", value: "-5" }], []],
  ] as const
) {
  Deno.test(`sortArguments() of ${JSON.stringify(words)}`, () => {
    const sorted = sortArguments(words, branch);
    deepStrictEqual(sorted.mistakes, []);
    deepStrictEqual([sorted.flags, sorted.args], [flags, args]);
  });
}

for (
  const [words, problems] of [
    [["--constructor", "x"], ["--constructor does not exist"]],
    [["--valueOf"], ["--valueOf does not exist"]],
    [["--__proto__=1"], ["--__proto__ does not exist"]],
    [["--allias", "x"], ["--allias does not exist; did you mean --alias?"]],
    [["--no-checkout"], ["--no-checkout does not exist: omit --checkout"]],
    [["-x"], ["-x does not exist"]],
    [["-H"], ["-H does not exist"]],
    [["--alias"], ["--alias needs a value"]],
    [["--alias", "--json"], ["--alias needs a value"]],
    [["--alias", "-x"], [
      "--alias needs a value (one that begins with - is written --alias=-x)",
      "-x does not exist",
    ]],
    [["--alias=a", "--alias=b"], ["--alias is given twice"]],
    [["--json=maybe"], ["--json takes no value"]],
  ] as const
) {
  Deno.test(`sortArguments() of ${JSON.stringify(words)} names the mistake`, () => {
    const { mistakes } = sortArguments(words, branch);
    deepStrictEqual(mistakes.map(({ problem }) => problem), problems);
  });
}

Deno.test("sortArguments() leaves what follows the first argument of exec alone", () => {
  const sorted = sortArguments(
    ["--json", "-t5s", "vm", "ls", "-la", "--json", "--", "--help"],
    exec,
  );
  deepStrictEqual(sorted.flags, [{ name: "json" }, {
    name: "timeout",
    value: "5s",
  }]);
  deepStrictEqual(sorted.args, ["vm", "ls", "-la", "--json", "--", "--help"]);
  strictEqual(sorted.asksForHelp, false);
});

Deno.test("sortArguments() finds a value as it was given, whatever it is", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (value) => {
    const { flags, mistakes } = sortArguments([`--alias=${value}`], branch);
    deepStrictEqual(mistakes, []);
    deepStrictEqual(flags, [{ name: "alias", value }]);
  }));
});

Deno.test("sortArguments() of any words gives known flags and words of the line", () => {
  const known = new Set([
    ...Object.keys(GLOBAL_FLAGS),
    "alias",
    "checkout",
    "label",
  ]);
  const words = fc.array(fc.oneof(
    fc.constantFrom("--", "-", "--json", "-n", "--alias", "-cq", "=", "--="),
    fc.string(),
  ));
  fc.assert(fc.property(words, (words) => {
    const { flags, args } = sortArguments(words, branch);
    deepStrictEqual(flags.filter(({ name }) => !known.has(name)), []);
    deepStrictEqual(args.filter((arg) => !words.includes(arg)), []);
  }));
});
