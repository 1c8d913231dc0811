import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { ImportGraph } from "./import_graph.ts";
import type { Mutant } from "./stryker.ts";
import { renderOutcome, renderTable, scoreOf, tallyOf } from "./summary.ts";
import { filesOf, sourcesIn, TARGETS } from "./targets.ts";

const ROOT = new URL("../../", import.meta.url);
const ALL = sourcesIn(ROOT);

Deno.test("TARGETS names files that are there, and no file twice", () => {
  const files = TARGETS.flatMap((target) => filesOf(target, ALL));
  strictEqual(new Set(files).size, files.length);
  ok(files.includes("src/job/decide.ts"));
  deepStrictEqual(files.filter((file) => file.endsWith("_test.ts")), []);
});

Deno.test("filesOf() throws where a name is no file any more", () => {
  const [target] = TARGETS;
  ok(target);
  const moved = { ...target, files: ["src/job/moved.ts"] };
  throws(() => filesOf(moved, ALL), /Cannot mutate src\/job\/moved\.ts/);
});

Deno.test("ImportGraph finds the tests that load a file, its own first", async () => {
  const tests = [
    "src/job/retention_test.ts",
    "src/job/decide_test.ts",
    "src/job/key_test.ts",
    // It tries many values.
    "src/job/listed_job_test.ts",
    // It starts processes.
    "src/file_lock_test.ts",
  ];
  const graph = await ImportGraph.of(ROOT, tests);
  const testsOf = (file: string) => graph.testsOf(file, ["src/"]);
  deepStrictEqual(testsOf("src/job/key.ts"), [
    "src/job/key_test.ts",
    "src/job/decide_test.ts",
  ]);
  strictEqual(testsOf("src/job/job.ts").at(-1), "src/job/listed_job_test.ts");
  strictEqual(
    testsOf("src/job/listed_job.ts").at(0),
    "src/job/listed_job_test.ts",
  );
  deepStrictEqual(graph.testsOf("src/job/decide.ts", ["src/engine/"]), []);
  deepStrictEqual(testsOf("src/file_lock.ts"), []);
  const hash = await graph.hashOf(tests.slice(0, 1));
  match(hash, /^[0-9a-f]{64}$/);
  ok(hash !== await graph.hashOf(tests.slice(1, 2)));
});

const MUTANT: Mutant = {
  status: "survived",
  line: 3,
  column: 5,
  mutator: "BooleanLiteral",
  original: "a &&\n  true",
  replacement: "false",
};

Deno.test("what was not run is counted, and what no test loads has survived", () => {
  const tally = tallyOf([
    {
      mutants: [
        MUTANT,
        { ...MUTANT, status: "killed" },
        { ...MUTANT, status: "timed out" },
        { ...MUTANT, status: "not run" },
      ],
    },
    { left: 10, why: "No time was left", isLoaded: true },
    { left: 1, why: "No test loads it", isLoaded: false },
  ]);
  deepStrictEqual(tally, {
    files: 3,
    killed: 1,
    timedOut: 1,
    survived: 2,
    notRun: 11,
  });
  strictEqual(scoreOf(tally), 50);
  strictEqual(
    renderTable([["src/job", tally]]),
    "         files  killed  timed out  survived  not run   score\n" +
      "src/job      3       1          1         2       11  50.0 %\n",
  );
});

Deno.test("a survivor is told on one line, with its place and its change", () => {
  strictEqual(
    renderOutcome("src/job/x.ts", {
      mutants: [MUTANT, { ...MUTANT, status: "not run" }],
      why: "No time was left",
    }),
    "src/job/x.ts: 0 killed, 0 timed out, 1 survived, 1 not run\n" +
      "  No time was left\n" +
      "  src/job/x.ts:3:5 BooleanLiteral: a && true → false\n",
  );
});
