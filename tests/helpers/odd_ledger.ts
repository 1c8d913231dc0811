import { killed } from "./program.ts";
import { RUN, type Sandbox } from "./sandbox.ts";
import { until } from "./until.ts";

/** Returns where a user's ledger is, whatever lies there. */
export function ledgerOf({ home }: Sandbox): string {
  return `${home}/.vers/jobs.jsonl`;
}

/** Returns the status of each line that can be believed. */
export function believedStory(sandbox: Sandbox): string[] {
  return sandbox.ledgerLines().filter(({ check }) => check === "good")
    .map(({ entry }) => entry.status);
}

/** Starts a command and kills it as soon as its VM's id can be believed. */
export async function killedOnceRunning(
  sandbox: Sandbox,
  args: readonly string[] = RUN,
): Promise<void> {
  const program = await sandbox.start(args);
  await program.stderrLine(/accepted/);
  await until(() => believedStory(sandbox).includes("running"));
  await killed(program);
}
