import type { ProgramCommand } from "../helpers/program_command.ts";
import type { ChaosKind } from "./kinds.ts";
import { Random, seedFor } from "./random.ts";
import { Round, type RoundOptions, type Story } from "./round.ts";
import { parseTrace, type TracedCall } from "./strace.ts";
import { Tally } from "./tally.ts";
import { judge } from "./verdict.ts";

/** Options for {@linkcode runRounds}. */
export interface RunRoundsOptions {
  readonly command: ProgramCommand;
  readonly kinds: readonly ChaosKind[];
  readonly stories: readonly Story[];
  /** How many rounds of a story are told, for each kind. */
  readonly rounds: (story: Story) => number;
  /** How many copies of one command make a crowd. */
  readonly crowd: number;
  readonly seed: number;
  /** How many rounds are under way at once. */
  readonly atOnce: number;
  /** Called with each violation, and all that is needed to understand it. */
  readonly onViolation: (text: string) => void;
  /** Called after each round. */
  readonly onRound?: (done: number, all: number) => void;
}

/** One round that is to be told. */
interface PlannedRound {
  readonly story: Story;
  readonly kind: ChaosKind;
  readonly index: number;
}

/** Tells the stories, and returns the counts of what came of them. */
export async function runRounds(options: RunRoundsOptions): Promise<Tally> {
  const { stories, kinds, rounds, atOnce } = options;
  const tally = new Tally();
  const all = stories.flatMap((story) =>
    kinds.filter((kind) => story.suits(kind)).flatMap((kind) =>
      Array.from({ length: rounds(story) }, (_, index) => ({
        story,
        kind,
        index,
      }))
    )
  );
  // Stories that sleep and stories that compute take turns.
  all.sort((a, b) => a.index - b.index);
  const baselines = new Map<ChaosKind, Promise<readonly TracedCall[]>>();
  const baseline = (kind: ChaosKind) => {
    const known = baselines.get(kind) ?? traceOnce(options.command, kind);
    baselines.set(kind, known);
    return known;
  };
  let done = 0;
  const playAll = (rounds: Iterator<PlannedRound>, workers: number) =>
    Promise.all(Array.from({ length: workers }, async () => {
      for (let next = rounds.next(); !next.done; next = rounds.next()) {
        const round = next.value;
        await playRound(round, options, tally, () => baseline(round.kind));
        options.onRound?.(++done, all.length);
      }
    }));
  await playAll(all.filter((each) => !each.story.isCrowded).values(), atOnce);
  await playAll(all.filter((each) => each.story.isCrowded).values(), 1);
  return tally;
}

async function playRound(
  { story, kind, index }: PlannedRound,
  { command, seed, crowd, onViolation }: RunRoundsOptions,
  tally: Tally,
  baseline: RoundOptions["baseline"],
): Promise<void> {
  const roundSeed = seedFor(seed, `${kind.name} ${story.name} ${index}`);
  const random = new Random(roundSeed);
  const round = await Round.open({
    command,
    kind,
    random,
    index,
    crowd,
    baseline,
  });
  await using _closing = round;
  const violations: string[] = [];
  try {
    const expected = await story.play(round);
    const { server, users } = round;
    violations.push(...await judge(server, { kind, users, ...expected }));
  } catch (error) {
    const why = error instanceof Error ? error.stack : String(error);
    violations.push(`the story broke off: ${why}`);
  }
  const attempts = round.users.flatMap((user) => user.attempts);
  tally.add(kind.name, story.name, {
    attempts,
    violations: violations.length,
  });
  if (violations.length === 0) return;
  const where = `${kind.name}, "${story.name}", round ${index}, seed ${seed}`;
  onViolation(
    `VIOLATION: ${where}\n` +
      `again: deno task test:chaos --kind "${kind.name}" ` +
      `--story "${story.name}" --rounds ${index + 1} --seed ${seed}\n` +
      violations.map((text) => `  ${text}\n`).join("") +
      await evidence(round),
  );
}

/** Returns all that the service, the ledgers and the commands have to say. */
async function evidence({ server, users }: Round): Promise<string> {
  const requests = await server.simulator.requests();
  const vms = await server.simulator.vms();
  const lines = [
    "the service's requests:",
    ...requests.map(({ at, method, path, query, committed, status }) =>
      `${at} ${method} ${path}${query && `?${query}`} ` +
      `${status}${committed ? ", carried out" : ""}`
    ),
    "the service's VMs:",
    ...vms.map((vm) =>
      JSON.stringify(vm) + (server.seeds.has(vm.vmId) ? " (a seed)" : "")
    ),
  ];
  for (const user of users) {
    lines.push("the ledger:");
    lines.push(...user.lines().map(({ check, text }) => `${check} ${text}`));
    for (const { args, isKilled, code, stdout, stderr } of user.attempts) {
      lines.push(`$ vers ${args.join(" ")}`);
      lines.push(...stderr.trimEnd().split("\n"), stdout.trimEnd());
      lines.push(isKilled ? "killed" : `exit ${code}`);
    }
  }
  return lines.map((line) => `    ${line}\n`).join("");
}

/** Returns the calls of a kind's command when nobody disturbs it. */
async function traceOnce(
  command: ProgramCommand,
  kind: ChaosKind,
): Promise<readonly TracedCall[]> {
  const round = await Round.open({
    command,
    kind,
    random: new Random(0),
    index: 0,
    crowd: 0,
    baseline: () => Promise.resolve([]),
  });
  await using _closing = round;
  await round.misbehave();
  const user = await round.newUser();
  const target = await kind.prepare(round.server);
  const notes = user.nextNotes;
  const { code, stderr } = await user.attempt(kind.args(target, "one"), {
    isTraced: true,
  });
  if (code !== 0) throw new Error(`${kind.name} ended with ${code}: ${stderr}`);
  return parseTrace(await Deno.readTextFile(`${notes}.trace`));
}
