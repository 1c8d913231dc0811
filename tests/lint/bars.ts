import { isIn, isProgram, sourcePath } from "./source_path.ts";

/** Something that only a few places of the program may do. */
interface Bar {
  readonly message: string;
  /** The files, or folders with a `/` at the end, where it is allowed. */
  readonly allowed: readonly string[];
  /** Values by name, `Deno.exit`; a star stands for the rest of a name. */
  readonly values?: readonly string[];
  /** Functions that may not be called by these names. */
  readonly calls?: readonly string[];
  /** Methods that may not be called, of whatever object. */
  readonly methods?: readonly string[];
  /** Methods barred only when they are called without arguments. */
  readonly bareMethods?: readonly string[];
}

const DURABLE = [
  "src/ledger/",
  "src/file_lock.ts",
  "src/atomic_file.ts",
  "src/replace_file.ts",
];
const CLOCKS = [
  "src/clock.ts",
  "src/file_lock.ts",
  "src/cli/context.ts",
  "src/cli/output/sink.ts",
];

/** Every bar by the name of its rule; a seam without one is decoration. */
const BARS: Readonly<Record<string, readonly Bar[]>> = {
  exit: [{
    message: "Only main.ts ends the process: throw instead",
    allowed: ["main.ts"],
    values: ["Deno.exit", "Deno.exitCode"],
  }],
  printing: [{
    message: "Only src/cli prints: return it, or notify",
    allowed: ["src/cli/"],
    values: ["Deno.stdout", "Deno.stderr", "Deno.stdin"],
    calls: ["alert", "confirm", "prompt"],
  }, {
    message:
      "Write in pieces with write(): a stream holds back what it was given",
    allowed: [],
    values: ["Deno.stdout.writable", "Deno.stderr.writable"],
  }],
  clock: [{
    message: "Time comes from the Clock that was handed in",
    allowed: CLOCKS,
    values: ["Date.now", "performance.now", "performance.timeOrigin"],
    calls: ["Date", "setTimeout", "setInterval"],
  }],
  environment: [{
    message: "Only src/cli/context.ts reads the environment",
    allowed: ["src/cli/context.ts"],
    values: ["Deno.env"],
  }],
  network: [{
    message: "Only src/api sends requests",
    allowed: ["src/api/"],
    values: ["Deno.createHttpClient", "Deno.connect*"],
    calls: ["fetch", "WebSocket", "EventSource"],
  }, {
    message: "Only src/simulator listens",
    allowed: ["src/simulator/"],
    values: ["Deno.serve", "Deno.listen*"],
  }],
  durability: [{
    message:
      "Only src/ledger and the files of src for it lock, sync and rename",
    allowed: DURABLE,
    values: ["Deno.rename*"],
    methods: ["lock", "syncSync", "syncDataSync"],
    bareMethods: ["sync", "syncData"],
  }, {
    message:
      "Lock with lock() alone: lockSync() cannot be given up, and Deno 2.6 has no tryLock()",
    allowed: [],
    methods: ["lockSync", "tryLock", "tryLockSync"],
  }, {
    message:
      "A file is put in its place whole: replaceFile() of replace_file.ts does it",
    allowed: [],
    values: ["Deno.writeTextFile*", "Deno.writeFile*"],
  }],
  files: [{
    message:
      "Only regular_file.ts opens what may be something else than a file: use that",
    allowed: [
      "src/regular_file.ts",
      "src/atomic_file.ts",
      "src/replace_file.ts",
      "src/ledger/",
      "src/cli/commands/jobs/_ledger_checks.ts",
    ],
    values: ["Deno.open*", "Deno.readFile*", "Deno.readTextFile*"],
  }],
  "start-up": [{
    message: "Intl is slow to load: build the text by hand",
    allowed: [],
    values: ["Intl"],
    methods: ["toLocale*", "localeCompare"],
  }],
};

/** The rules that keep what only some places may do in those places. */
export const barRules: Readonly<Record<string, Deno.lint.Rule>> = Object
  .fromEntries(
    Object.entries(BARS).map(([name, bars]) => [name, ruleOf(bars)]),
  );

/** `src/job` is pure, and `Deno` is always named in full, so that bars hold. */
export const denoInFull: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    if (!isProgram(path)) return {};
    return {
      Identifier(node) {
        if (node.name !== "Deno" || !isValue(node)) return;
        const { parent } = node;
        if (path.startsWith("src/job/")) {
          context.report({ node, message: "src/job is pure: no Deno in it" });
        } else if (
          parent.type !== "MemberExpression" || parent.computed ||
          parent.object !== node
        ) {
          context.report({
            node,
            message: "Name what is used of Deno in full, as in Deno.exit",
          });
        }
      },
    };
  },
};

function ruleOf(bars: readonly Bar[]): Deno.lint.Rule {
  return {
    create(context) {
      const path = sourcePath(context.filename);
      const active = isProgram(path)
        ? bars.filter((bar) => !isIn(path, bar.allowed))
        : [];
      if (active.length === 0) return {};
      function report(node: Deno.lint.Node, isBarred: (bar: Bar) => boolean) {
        const bar = active.find(isBarred);
        if (bar) context.report({ node, message: bar.message });
      }
      function checkCall(
        node: Deno.lint.CallExpression | Deno.lint.NewExpression,
      ) {
        const { callee } = node;
        if (callee.type === "MemberExpression") {
          const method = nameOf(callee);
          const isBare = node.arguments.length === 0;
          report(node, (bar) =>
            matches(bar.methods, method) ||
            isBare && matches(bar.bareMethods, method));
        }
        const called = pathOf(callee);
        // `new Date(text)` reads no clock, and `Date(…)` always does.
        if (
          called === "Date" && node.type === "NewExpression" &&
          node.arguments.length > 0
        ) return;
        report(node, (bar) => matches(bar.calls, called));
      }
      return {
        MemberExpression(node) {
          report(node, (bar) => matches(bar.values, pathOf(node)));
        },
        Identifier(node) {
          if (isValue(node)) {
            report(node, (bar) => matches(bar.values, node.name));
          }
        },
        CallExpression: checkCall,
        NewExpression: checkCall,
      };
    },
  };
}

/** Returns `Deno.stdout` for that, and nothing for what is not only names. */
function pathOf(node: Deno.lint.Node): string | undefined {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression") return undefined;
  const [object, name] = [pathOf(node.object), nameOf(node)];
  if (object === undefined || name === undefined) return undefined;
  return object === "globalThis" ? name : `${object}.${name}`;
}

function nameOf(node: Deno.lint.MemberExpression): string | undefined {
  const { property } = node;
  if (!node.computed) {
    return property.type === "Identifier" ? property.name : undefined;
  }
  return property.type === "Literal" && typeof property.value === "string"
    ? property.value
    : undefined;
}

const TYPED_VALUES = [
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
];

/** Returns whether a name stands for a value here, not for a field or a type. */
function isValue(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  if (parent.type === "MemberExpression") {
    return parent.object === node || parent.computed;
  }
  if (parent.type === "Property") return parent.value === node;
  return !parent.type.startsWith("TS") || TYPED_VALUES.includes(parent.type);
}

function matches(
  patterns: readonly string[] | undefined,
  name: string | undefined,
): boolean {
  if (patterns === undefined || name === undefined) return false;
  return patterns.some((pattern) =>
    pattern.endsWith("*")
      ? name.startsWith(pattern.slice(0, -1))
      : name === pattern
  );
}
