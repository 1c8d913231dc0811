import type { Rule } from "./rules.ts";

const DAMAGED = [
  "src/ledger/file/damaged_ledger_test.ts",
  "every reader finds the same in a ledger after",
] as const;
const ENTRY_LINE = "src/ledger/file/entry_line.ts";
const FIND_BY_KEY = "src/ledger/file/find_by_key.ts";
const SUSPECTS = "src/ledger/file/suspects.ts";
const UNREADABLE = "src/ledger/file/unreadable_line_test.ts";

/** The rules of what the ledger promises, and of finding in it. */
export const LEDGER_RULES: readonly Rule[] = [
  {
    rule: "a write that failed is cut back",
    test: ["tests/ledger/file_size_limit_test.ts", "leaves no half line"],
    change: [
      "src/ledger/file/ledger_file.ts",
      "cutBack(path, size, size + written);",
      "",
    ],
  },
  {
    rule: "a file that would become too large is a failed write",
    test: ["tests/ledger/file_size_limit_test.ts", "leaves no half line"],
    change: ["src/cli/context.ts", "  outliveFileSizeLimit();\n", ""],
  },
  {
    rule: "white space at a line's end is no part of it",
    test: DAMAGED,
    change: [
      ENTRY_LINE,
      "while (end > start && isWhite(line[end - 1])) end--;",
      "",
    ],
  },
  {
    rule: "a byte-order mark in front is no part of a line",
    test: DAMAGED,
    change: [ENTRY_LINE, "start += BYTE_ORDER_MARK.length;", "break;"],
  },
  {
    rule: "lines out of order are read to the start of the file",
    test: [
      "src/ledger/file/find_unordered_test.ts",
      "a long file that was sorted to its start",
    ],
    change: [
      FIND_BY_KEY,
      "    if (order.isLost) return findAnywhere(file, size, key, options);\n",
      "",
    ],
  },
  {
    rule: "a step of the clock hides no job",
    test: [
      "src/ledger/file/find_unordered_test.ts",
      "the job that goes on, wherever the last one stands",
    ],
    change: [
      "src/ledger/file/jobs_of_key.ts",
      "hopeOf(latest) > hopeOf(last) ? latest : last",
      "last",
    ],
  },
  {
    rule: "a corrupt line that holds the key is never submitted beside",
    test: [UNREADABLE, "a line of the key that is corrupt"],
    change: [
      SUSPECTS,
      "const hasKey = text.includes(key);",
      "const hasKey = false;",
    ],
  },
  {
    rule: "a file that is no longer text is never submitted beside",
    test: [UNREADABLE, "findByKey() stops at a line after"],
    change: [
      SUSPECTS,
      "if (!hasKey && !mayHideAnyKey(remains)) return undefined;",
      "if (!hasKey) return undefined;",
    ],
  },
  {
    rule:
      "a line too long to be held is looked through, over the blocks' edges",
    test: [UNREADABLE, "over whichever edge of a block it lies"],
    change: [
      SUSPECTS,
      "kept = Math.min(bytes.length, wanted.length);",
      "kept = 0;",
    ],
  },
  {
    rule: "a line of a job that an intact later line ends is in nobody's way",
    test: [UNREADABLE, "says that its job is complete"],
    change: [
      SUSPECTS,
      "(name !== undefined && this.#settled.has(name)) ||",
      "",
    ],
  },
  {
    rule: "a line before the window is in nobody's way",
    test: [UNREADABLE, "one that says that it is older than the window"],
    change: [
      SUSPECTS,
      "return ageMs >= 0 && ageMs > windowMs;",
      "return false;",
    ],
  },
  {
    rule: "a write that was cut off never counted",
    test: [UNREADABLE, "a write that was cut off, and closed off"],
    change: [
      SUSPECTS,
      "      if (parsed.isTorn && !ANSWERED.test(text)) return undefined;\n",
      "",
    ],
  },
  {
    rule: "other corrupt lines are said once",
    test: ["tests/ledger/damaged_ledger_test.ts", "are said once"],
    change: [SUSPECTS, "if (isBad) this.#badLines++;", ""],
  },
  {
    rule: "the doctor sets aside what cannot be read, a newer program's too",
    test: [
      "src/ledger/file/repair_test.ts",
      "moves away what this program cannot read",
    ],
    change: [
      "src/ledger/file/repair.ts",
      'return type !== "corrupt" && type !== "newer";',
      'return type !== "corrupt";',
    ],
  },
  {
    rule: "pruning keeps the lines that cannot be read",
    test: [
      "src/ledger/file/prune_test.ts",
      "of which a newer program wrote one",
    ],
    change: [
      "src/ledger/file/prune.ts",
      "if (named !== undefined) unclear.add(named);",
      "",
    ],
  },
  {
    rule: "a ledger of another user is not used",
    test: ["src/ledger/file/ledger_processes_test.ts", "another user's file"],
    change: [
      "src/ledger/file/ledger_file.ts",
      "if (uid !== null && isStrange) {",
      "if (uid === undefined) {",
    ],
  },
  {
    rule: "nothing but a regular file is opened as a ledger",
    test: ["src/ledger/file/ledger_access_test.ts", "a link to a ledger"],
    change: [
      "src/ledger/file/ledger_file.ts",
      "info = Deno.lstatSync(path);",
      "info = Deno.statSync(path);",
    ],
  },
  {
    rule: "a job that nobody waited for is told from one that was waited for",
    test: [
      "src/ledger/file/find_by_key_test.ts",
      "apart from the one before it that was",
    ],
    change: [
      "src/ledger/file/jobs_of_key.ts",
      'job.marks.has("accepted") === isAccepted;',
      "!isAccepted;",
    ],
  },
  {
    rule: "jobs without a key share few lock files",
    test: ["src/ledger/file/file_ledger_test.ts", "leaves few files behind"],
    change: [
      "src/ledger/file/file_ledger.ts",
      "const ID_DIGITS = 3;",
      "const ID_DIGITS = 5;",
    ],
  },
  {
    rule: "a ledger is compacted only when a quarter of it is old",
    test: ["src/ledger/file/compact_test.ts", "until a quarter of the ledger"],
    change: [
      "src/ledger/file/maintenance.ts",
      "[0, size * WORTHWHILE].every",
      "[0].every",
    ],
  },
  {
    rule: "compaction keeps what may not go",
    test: ["src/ledger/file/compact_test.ts", "keeps what may not go"],
    change: [
      "src/ledger/file/prune.ts",
      "if (staying.length > 0) continue;",
      "",
    ],
  },
  {
    rule: "a young line of ours in a block says that the search goes on",
    test: [
      "src/ledger/file/find_by_key_test.ts",
      "behind lines inside the window",
    ],
    change: [
      "src/ledger/file/find_by_key.ts",
      "if (dated.isOurs && !isOld) return false;",
      "",
    ],
  },
  {
    rule: "a key over the edge of what is read at a time is seen",
    test: [
      "src/ledger/file/find_by_key_model_test.ts",
      "within steps of an hour",
    ],
    change: [
      "src/ledger/file/lines.ts",
      "held = at > 0 && first === 0 ? bytes.length : first;",
      "held = 0;",
    ],
  },
  {
    rule: "a prune chooses anew when a job that goes was gone on with",
    test: ["src/ledger/file/prune_test.ts", "chooses anew when something"],
    change: [
      "src/ledger/file/prune.ts",
      'ids.has(id) ? "again" : true;',
      "ids.has(id) ? true : true;",
    ],
  },
];
