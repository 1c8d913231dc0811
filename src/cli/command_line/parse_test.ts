import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import {
  testContext,
  type TestContextOptions,
} from "../../../tests/helpers/test_context.ts";
import {
  type Command,
  defineCommand,
  type Route,
  type Routes,
} from "./command.ts";
import { UsageError } from "../output/exit_code.ts";
import { choice, duration, wholeNumber, word } from "./flag.ts";
import { parseCommandLine, type Request } from "./parse.ts";

const branch: Command = defineCommand({
  summary: "Branch a VM",
  description: "Branches a VM.",
  flags: {
    alias: {
      type: "value",
      brief: "Name it",
      shorthand: "n",
      placeholder: "NAME",
      parse: word({ what: "a name", example: "copy" }),
    },
    note: {
      type: "value",
      brief: "Note",
      placeholder: "TEXT",
      parse: (text) => text,
    },
    count: {
      type: "value",
      brief: "How many",
      placeholder: "COUNT",
      parse: wholeNumber({ min: 1, max: 100, example: 3 }),
    },
    size: {
      type: "value",
      brief: "Size",
      placeholder: "SIZE",
      parse: choice(["small", "large"]),
    },
    limit: {
      type: "list",
      brief: "Limits",
      placeholder: "DURATION",
      parse: duration({ example: "1s" }),
    },
    secret: {
      type: "value",
      brief: "Secret",
      placeholder: "TEXT",
      privacy: "secret",
      parse: wholeNumber({ min: 1, max: 9, example: 1 }),
    },
    checkout: { type: "boolean", brief: "Go there", shorthand: "c" },
  },
  positionals: [
    { name: "vm", brief: "The VM" },
    { name: "commit", brief: "A commit", isOptional: true },
  ],
  examples: [["vers branch my-vm", "branch it"]],
  run: () => Promise.resolve(0),
});

const load = () => Promise.resolve({ command: branch });
const exec: Command = defineCommand({ ...branch, takesRest: true });

const routes: Routes = new Map<string, Route>([
  ["branch", { type: "command", summary: "Branch a VM", load }],
  ["exec", {
    type: "command",
    summary: "Run a command in a VM",
    load: () => Promise.resolve({ command: exec }),
  }],
  ["jobs", {
    type: "group",
    summary: "Look at jobs",
    routes: new Map<string, Route>([
      ["list", { type: "command", summary: "List jobs", load }],
    ]),
  }],
]);

async function parse(
  words: readonly string[],
  options: TestContextOptions = {},
): Promise<Request> {
  await using context = await testContext(options);
  return await parseCommandLine(words, { routes, context });
}

async function valuesOf(words: readonly string[]) {
  const request = await parse(words);
  if (request.type !== "command") throw new Error(`It is ${request.type}`);
  return request;
}

async function mistakeOf(words: readonly string[]): Promise<UsageError> {
  try {
    await parse(words);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("Nothing is wrong with it");
}

Deno.test("parseCommandLine() gives every flag its type, given or not", async () => {
  const { flags, args } = await valuesOf(
    [
      "branch",
      "-n",
      "copy",
      "vm-1",
      "--count=3",
      "--limit",
      "1s",
      "--limit=2m",
    ],
  );
  deepStrictEqual({ ...flags }, {
    alias: "copy",
    note: undefined,
    count: 3,
    size: undefined,
    limit: [1_000, 120_000],
    secret: undefined,
    checkout: false,
    output: undefined,
    json: false,
    quiet: false,
    local: false,
    verbose: false,
  });
  deepStrictEqual(args, ["vm-1"]);
});

Deno.test("parseCommandLine() takes any text as a value", async () => {
  const texts = fc.string({ unit: "binary" });
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const { flags } = await valuesOf(["branch", "vm-1", `--note=${text}`]);
      strictEqual(flags.note, text);
    }),
    { numRuns: 50 },
  );
});

Deno.test("parseCommandLine() takes any texts as arguments behind --", async () => {
  for (const text of ["-x", "--json", "", "a\nb", "--", "constructor"]) {
    const { args } = await valuesOf(["branch", "--", text]);
    deepStrictEqual(args, [text]);
  }
});

Deno.test("parseCommandLine() of --json in front, twice, is --json", async () => {
  const { invocation } = await valuesOf(["--json", "branch", "--json", "vm-1"]);
  deepStrictEqual(invocation.output, {
    format: "json",
    isExplicit: true,
    isQuiet: false,
  });
  deepStrictEqual(invocation.given, [{ name: "json" }]);
});

Deno.test("parseCommandLine() of exec leaves the command's own flags alone", async () => {
  const { args, flags } = await valuesOf(["exec", "-c", "vm", "ls", "-la"]);
  deepStrictEqual(args, ["vm", "ls", "-la"]);
  strictEqual(flags.checkout, true);
});

Deno.test("parseCommandLine() says all that is wrong at once", async () => {
  const error = await mistakeOf([
    "branch",
    "--alias=",
    "--cuont=3",
    "--count",
    "0",
    "--size=medium",
    "a",
    "b",
    "c",
  ]);
  strictEqual(
    error.message,
    'Cannot run "vers branch": --cuont does not exist; did you mean --count?; ' +
      '"c" is one argument too many; ' +
      '--alias is "", but it must be a name of 1 to 256 characters on one ' +
      "line; " +
      '--count is "0", but it must be a whole number from 1 to 100, without ' +
      "a unit; " +
      '--size is "medium", but it must be one of small, large',
  );
  strictEqual(
    error.hint,
    'for example: vers branch --alias copy; "vers branch --help" lists its ' +
      "flags and arguments",
  );
  strictEqual(error.code, "usage");
});

for (
  const [words, message] of [
    [["branch"], 'Cannot run "vers branch": vm is missing'],
    [
      ["branch", "vm", "--limit=1s", "--limit=1,5h"],
      'Cannot run "vers branch": --limit is "1,5h", but it must be a ' +
      "duration in ms, s, m, h or d, such as 500ms, 90s or 1h30m",
    ],
    [
      ["branch", "vm", "--secret=hunter2"],
      'Cannot run "vers branch": --secret is not usable, but it must be a ' +
      "whole number from 1 to 9, without a unit",
    ],
    [
      ["branch", "vm", "--constructor", "x"],
      'Cannot run "vers branch": --constructor does not exist',
    ],
    [
      ["branch", "vm", "--valueOf"],
      'Cannot run "vers branch": --valueOf does not exist',
    ],
    [
      ["branhc", "vm"],
      'Cannot run "vers branhc": unknown command; did you mean ' +
      "vers branch?",
    ],
    [["toString"], 'Cannot run "vers toString": unknown command'],
    [
      ["jobs", "lits"],
      'Cannot run "vers jobs lits": unknown command; did you mean ' +
      "vers jobs list?",
    ],
    [
      ["help", "nothing"],
      'Cannot run "vers nothing": unknown command',
    ],
    [
      ["--valueOf"],
      'Cannot run "vers" alone: --valueOf does not exist; no command is named',
    ],
    [
      ["--token=hunter2", "--json"],
      'Cannot run "vers" alone: --token does not exist; no command is named',
    ],
    [["--json"], 'Cannot run "vers" alone: no command is named'],
  ] as const
) {
  Deno.test(`parseCommandLine() of "${words.join(" ")}" says what is wrong`, async () => {
    strictEqual((await mistakeOf(words)).message, message);
  });
}

for (
  const [words, request] of [
    [[], { type: "help", path: [] }],
    [["help"], { type: "help", path: [] }],
    [["--help"], { type: "help", path: [] }],
    [["-h"], { type: "help", path: [] }],
    [["branch", "--help"], { type: "help", path: ["branch"] }],
    [["branch", "-h", "--wat"], { type: "help", path: ["branch"] }],
    [["--help", "branch"], { type: "help", path: ["branch"] }],
    [["help", "branch"], { type: "help", path: ["branch"] }],
    [["help", "jobs", "list"], { type: "help", path: ["jobs", "list"] }],
    [["jobs"], { type: "help", path: ["jobs"] }],
    [["jobs", "--help"], { type: "help", path: ["jobs"] }],
    [["jobs", "help"], { type: "help", path: ["jobs"] }],
    [["--version"], { type: "version", isJson: false }],
    [["--json", "--version"], { type: "version", isJson: true }],
  ] as const
) {
  Deno.test(`parseCommandLine() of "${words.join(" ")}" is ${request.type}`, async () => {
    deepStrictEqual(await parse(words), request);
  });
}

for (
  const [line, problem] of [
    ["-x", "-x does not exist"],
    ["-qx", "-x does not exist"],
    ["--wiat", "--wiat does not exist"],
    ["--outptu x", "--outptu does not exist; did you mean --output?"],
    ["--output", "--output needs a value"],
    ["--json=maybe", "--json takes no value"],
    ["jobs -x", "-x does not exist"],
  ] as const
) {
  Deno.test(`parseCommandLine() of "${line}" says what is wrong, and that no command is named`, async () => {
    const error = await mistakeOf(line.split(" "));
    match(error.message, /no command is named$/);
    ok(error.message.includes(`alone: ${problem}; `), error.message);
  });
}

Deno.test("parseCommandLine() refuses words that are no UTF-8 text", async () => {
  const error = await mistakeOf(["branch", "a\ufffd"]);
  match(error.message, /"a\ufffd" is not UTF-8 text/);
});
