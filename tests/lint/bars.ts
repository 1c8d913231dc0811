import {
  globalName,
  memberName,
  propertyName,
  sourceOf,
  takenNames,
} from "./globals.ts";
import { isIn, isProgram, sourcePath } from "./source_path.ts";

/** Something that only a few places of the program may do. */
interface Bar {
  readonly message: string;
  /** The files, or folders with a `/` at the end, where it is allowed. */
  readonly allowed: readonly string[];
  /**
   * Values that may not be named, `Deno.exit` or `fetch`, whether they are
   * called, handed on or taken apart. A star stands for the rest of a name.
   */
  readonly values?: readonly string[];
  /** Values that may not be called without arguments. */
  readonly bareCalls?: readonly string[];
  /** Members that may not be named, of whatever object. */
  readonly members?: readonly string[];
  /** Methods that may not be called, of whatever object. */
  readonly methods?: readonly string[];
  /** Methods that may not be called without arguments. */
  readonly bareMethods?: readonly string[];
  /** Options that may not be switched on, `{ write: true }`. */
  readonly options?: readonly string[];
}

/** Where what was promised is put on disk: the ledger, and what it is made of. */
const DURABLE = [
  "src/ledger/",
  "src/file_lock.ts",
  "src/atomic_file.ts",
  "src/replace_file.ts",
];
/** The clock, who waits beside it, and the process that the clock is part of. */
const CLOCKS = [
  "src/clock.ts",
  "src/patience.ts",
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
  processes: [{
    message: "The program starts, ends and loads nothing else",
    allowed: [],
    values: [
      "Deno.Command",
      "Deno.spawn*",
      "Deno.kill",
      "Deno.dlopen",
      "Deno.Unsafe*",
      "Worker",
    ],
  }],
  printing: [{
    message: "Only src/cli prints: return it, or notify",
    allowed: ["src/cli/"],
    values: [
      "Deno.stdout",
      "Deno.stderr",
      "Deno.stdin",
      "alert",
      "confirm",
      "prompt",
    ],
  }, {
    message:
      "Write in pieces with write(): a stream holds back what it was given",
    allowed: [],
    values: ["Deno.stdout.writable", "Deno.stderr.writable"],
  }, {
    message: "The context has the streams that are printed to",
    allowed: [],
    values: ["console"],
  }],
  clock: [{
    message: "Time comes from the Clock that was handed in",
    allowed: CLOCKS,
    values: [
      "Date.now",
      "performance.*",
      "AbortSignal.timeout",
      "setTimeout",
      "setInterval",
      "setImmediate",
      "Temporal.Now",
      "Deno.cron",
      "Deno.osUptime",
    ],
    bareCalls: ["Date"],
  }, {
    message: "A sleep that stops the whole process cannot be interrupted",
    // On Windows a file that another process reads cannot be replaced yet.
    allowed: ["src/atomic_file.ts"],
    values: ["Atomics.wait*"],
  }],
  environment: [{
    message: "Only src/cli/context.ts reads the environment",
    allowed: ["src/cli/context.ts"],
    values: ["Deno.env", "Deno.cwd", "Deno.chdir", "Deno.hostname"],
  }, {
    message: "Only main.ts takes the arguments of the process",
    allowed: ["main.ts"],
    values: ["Deno.args"],
  }],
  network: [{
    message: "Only src/api sends requests",
    allowed: ["src/api/"],
    values: [
      "Deno.createHttpClient",
      "Deno.connect*",
      "Deno.startTls",
      "Deno.resolveDns",
      "fetch",
      "WebSocket",
      "WebSocketStream",
      "WebTransport",
      "EventSource",
    ],
  }, {
    message: "Only src/simulator listens",
    allowed: ["src/simulator/"],
    values: ["Deno.serve*", "Deno.listen*", "Deno.upgradeWebSocket"],
  }],
  durability: [{
    message:
      "Only src/ledger and the files of src for it lock, sync and rename",
    allowed: DURABLE,
    values: [
      "Deno.rename*",
      "Deno.link*",
      "Deno.symlink*",
      "Deno.truncate*",
      "Deno.chmod*",
      "Deno.chown*",
      "Deno.utime*",
      "Deno.umask",
      "Deno.mkdir*",
    ],
    members: [
      "syncSync",
      "syncDataSync",
      "truncateSync",
      "utimeSync",
    ],
    methods: ["lock", "truncate", "utime"],
    bareMethods: ["sync", "syncData"],
  }, {
    message: "Only src/ledger and the files of src for it delete files",
    // Without HEAD no VM is current: it is one file, and gone at once.
    allowed: [...DURABLE, "src/project/head.ts"],
    values: ["Deno.remove*"],
  }, {
    message:
      "Only src/ledger and the files of src for it open a file for writing",
    allowed: [
      ...DURABLE,
      // It appends what it has seen; losing it costs nobody a VM.
      "src/simulator/service/store.ts",
      // It asks whether the ledger could be appended to, and appends nothing.
      "src/cli/commands/jobs/_ledger_checks.ts",
    ],
    options: ["write", "append", "create", "createNew", "truncate"],
  }, {
    message:
      "Lock with lock() alone: lockSync() cannot be given up, and Deno 2.6 has no tryLock()",
    allowed: [],
    members: ["lockSync", "tryLock", "tryLockSync"],
  }, {
    message:
      "A file is put in its place whole: replaceFile() of replace_file.ts does it",
    allowed: [],
    values: [
      "Deno.writeTextFile*",
      "Deno.writeFile*",
      "Deno.create",
      "Deno.createSync",
      "Deno.copyFile*",
      "Deno.makeTemp*",
      "localStorage",
      "sessionStorage",
      "caches",
    ],
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
    members: ["toLocale*", "localeCompare"],
  }],
};

/** The rules that keep what only some places may do in those places. */
export const barRules: Readonly<Record<string, Deno.lint.Rule>> = Object
  .fromEntries(
    Object.entries(BARS).map(([name, bars]) => [name, ruleOf(bars)]),
  );

/** Objects with something barred in them; no other name may stand for one. */
const IN_FULL = [
  "Deno",
  "Date",
  "AbortSignal",
  "Atomics",
  "Temporal",
  "globalThis",
  "performance",
];
const OTHER_GLOBAL_NAMES = ["self", "window", "global"];

/**
 * `src/job` is pure; and what has something barred in it is always named in
 * full, so that the bars hold: no other name, no `const { now } = Date`.
 */
export const inFull: Deno.lint.Rule = {
  create(context) {
    const path = sourcePath(context.filename);
    if (!isProgram(path)) return {};
    function check(node: Deno.lint.Identifier | Deno.lint.MemberExpression) {
      const name = globalName(node);
      if (name === undefined) return;
      if (name === "Deno" && path.startsWith("src/job/")) {
        context.report({ node, message: "src/job is pure: no Deno in it" });
      } else if (OTHER_GLOBAL_NAMES.includes(name)) {
        context.report({ node, message: "Name it as it is, or globalThis" });
      } else if (IN_FULL.includes(name) && !isSpelledOut(node)) {
        const message = `Name what is used of ${name} in full, as in ${name}.x`;
        context.report({ node, message });
      }
    }
    return { Identifier: check, MemberExpression: check };
  },
};

/** Returns whether it can be seen what is used of an object. */
function isSpelledOut(
  node: Deno.lint.Identifier | Deno.lint.MemberExpression,
): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node && memberName(parent) !== undefined;
    case "CallExpression":
    case "NewExpression":
      return parent.callee === node;
    case "BinaryExpression":
      return parent.operator === "instanceof" && parent.right === node;
    case "UnaryExpression":
      return parent.operator === "typeof";
    default:
      return false;
  }
}

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
        // A list that is spread may be empty.
        const isBare = node.arguments.every(({ type }) =>
          type === "SpreadElement"
        );
        if (callee.type === "MemberExpression") {
          const method = memberName(callee);
          report(node, (bar) =>
            matches(bar.methods, method) ||
            isBare && matches(bar.bareMethods, method));
        }
        // `new Date(text)` reads no clock, and `Date(…)` always does.
        if (isBare || node.type === "CallExpression") {
          report(node, (bar) => matches(bar.bareCalls, globalName(callee)));
        }
      }
      return {
        MemberExpression(node) {
          report(node, (bar) =>
            matches(bar.values, globalName(node)) ||
            matches(bar.members, memberName(node)));
        },
        Identifier(node) {
          report(node, (bar) => matches(bar.values, globalName(node)));
        },
        ObjectPattern(node) {
          const source = sourceOf(node);
          const object = source === null ? undefined : globalName(source);
          for (const name of takenNames(node)) {
            report(node, (bar) =>
              matches(bar.members, name) ||
              object !== undefined &&
                matches(bar.values, inside(object, name)));
          }
        },
        Property(node) {
          const { value } = node;
          if (value.type !== "Literal" || value.value !== true) return;
          report(node, (bar) => matches(bar.options, propertyName(node)));
        },
        CallExpression: checkCall,
        NewExpression: checkCall,
      };
    },
  };
}

function inside(object: string, name: string): string {
  return object === "globalThis" ? name : `${object}.${name}`;
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
