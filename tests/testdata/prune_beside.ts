/**
 * A process that appends to a ledger while others prune it, or prunes it:
 *
 *     prune_beside.ts append <folder> <name> <count>
 *     prune_beside.ts prune <folder>
 *
 * The first appends so many jobs in flight, each followed by a job that is
 * over; it says `ready`, and begins when it is told anything. The second takes
 * out what is over, again and again until it is killed, and says each time how
 * many jobs it took.
 */
import { systemClock } from "../../src/clock.ts";
import { foldRecords } from "../../src/job/job.ts";
import { isListedInFlight } from "../../src/job/listed_job.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { Maintenance } from "../../src/ledger/file/maintenance.ts";
import { complete, submitted } from "../helpers/entries.ts";

const [role, dir, name = "", count] = Deno.args;

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const ledger = new FileLedger({ dir, clock: systemClock });
if (role === "append") {
  say("ready");
  await Deno.stdin.read(new Uint8Array(1));
  for (let index = 0; index < Number(count); index++) {
    const id = `${name}${String(index).padStart(10 - name.length, "0")}`;
    const kept = { id: `job_${id}`, token: id };
    await ledger.append(foldRecords([submitted(kept)]));
    const over = { id: `job_over${id}`, token: `over${id}` };
    await ledger.append(foldRecords([complete(over)]));
  }
} else {
  const maintenance = new Maintenance(ledger, systemClock);
  for (;;) {
    const mayGo = (job: Parameters<typeof isListedInFlight>[0]) =>
      !isListedInFlight(job);
    say(String((await maintenance.prune({ mayGo })).prunedJobs));
    await systemClock.sleep(1);
  }
}
