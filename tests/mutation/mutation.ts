/**
 * `deno task test:mutation [PATH…] [--minutes=N] [--jobs=N]`: changes the
 * program in small ways, one at a time, in a copy of the project, and sees
 * whether a test fails. Paths are files or folders of `src`; without any it is
 * all that targets.ts names. It takes at most three hours, unless told
 * otherwise, on two cores; what it did not come to is counted.
 *
 * What came of a file is kept in `dist/mutation`, and holds until the file, a
 * test of it or what they load changes: a run that was stopped is taken up by
 * the next. Ends with 1 when a target is below its bar, or a file was not run.
 */
import { copyProject } from "../helpers/copy_project.ts";
import { ImportGraph } from "./import_graph.ts";
import { mutate, type Outcome } from "./stryker.ts";
import {
  renderOutcome,
  renderTable,
  scoreOf,
  type Tally,
  tallyOf,
} from "./summary.ts";
import { filesOf, sourcesIn, TARGETS } from "./targets.ts";

const KEPT = new URL("../../dist/mutation/", import.meta.url).pathname;

const paths = Deno.args.filter((arg) => !arg.startsWith("--"));
const deadline = Date.now() + flag("minutes", 180) * 60_000;
const concurrency = flag("jobs", 2);
if (Number.isNaN(deadline + concurrency)) {
  throw new Error("Cannot run: --minutes and --jobs take a number");
}

// On macOS the temporary folder is behind a link.
const root = await Deno.realPath(
  await Deno.makeTempDir({ prefix: "vers-mutation-" }),
);
const rows: [string, Tally][] = [];
let isShort = false;
try {
  copyProject(root);
  const all = sourcesIn(new URL(`file://${root}/`));
  const tests = all.filter((path) => path.endsWith("_test.ts"));
  const graph = await ImportGraph.of(new URL(`file://${root}/`), tests);
  for (const target of TARGETS) {
    const outcomes: Outcome[] = [];
    for (const file of filesOf(target, all).filter(isWanted)) {
      const chosen = graph.testsOf(file, target.tests);
      const outcome = await outcomeOf(file, chosen, graph);
      outcomes.push(outcome);
      if (outcome.why !== undefined) isShort = true;
      await say(renderOutcome(file, outcome));
    }
    if (outcomes.length === 0) continue;
    const tally = tallyOf(outcomes);
    rows.push([`${target.name} (bar ${target.bar} %)`, tally]);
    if (scoreOf(tally) < target.bar) isShort = true;
  }
} finally {
  await Deno.remove(root, { recursive: true });
}
await say(`\n${renderTable(rows)}`);
Deno.exitCode = isShort ? 1 : 0;

function isWanted(file: string): boolean {
  return paths.length === 0 ||
    paths.some((path) => file === path || file.startsWith(`${path}/`));
}

/** Returns what is kept of a file, if it still holds, or finds it out. */
async function outcomeOf(
  file: string,
  tests: readonly string[],
  graph: ImportGraph,
): Promise<Outcome> {
  const path = `${KEPT}${file}.json`;
  const hash = await graph.hashOf([file, ...tests]);
  const kept = await readKept(path);
  if (kept?.hash === hash) return kept.outcome;
  const options = { root, concurrency, deadline };
  const outcome = await mutate(file, tests, options);
  if (outcome.why === undefined) {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, JSON.stringify({ hash, outcome }));
  }
  return outcome;
}

async function readKept(
  path: string,
): Promise<{ hash: string; outcome: Outcome } | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function flag(name: string, otherwise: number): number {
  const start = `--${name}=`;
  const given = Deno.args.find((arg) => arg.startsWith(start));
  return given === undefined ? otherwise : Number(given.slice(start.length));
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}
