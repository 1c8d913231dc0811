/**
 * A process that writes to a ledger, for tests that need several of them, or
 * one that is killed, or one that may not do what it tries:
 *
 *     ledger_writer.ts <folder> <name> <count> [uid] [file size limit]
 *
 * It says the state of the first job it finds in it, or `none`; then for each
 * entry that is on disk its number, or why it is not; and ends.
 */
import { systemClock } from "../../src/clock.ts";
import { foldRecords } from "../../src/job/job.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { submitted } from "../helpers/entries.ts";

const [dir, name = "", count, uid, limit] = Deno.args;

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function idOf(index: number): string {
  return `job_${name}${String(index).padStart(10 - name.length, "0")}`;
}

/** Gives up rights, once everything there is to load was loaded. */
function restrict(): void {
  if (!uid && !limit) return;
  const libc = Deno.dlopen("libc.so.6", {
    setuid: { parameters: ["u32"], result: "i32" },
    setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
    signal: { parameters: ["i32", "usize"], result: "usize" },
  });
  if (limit) {
    const SIGXFSZ = 25;
    const SIG_IGN = 1n;
    const RLIMIT_FSIZE = 1;
    libc.symbols.signal(SIGXFSZ, SIG_IGN);
    const bytes = BigInt(limit);
    libc.symbols.setrlimit(RLIMIT_FSIZE, new BigUint64Array([bytes, bytes]));
  }
  if (uid && libc.symbols.setuid(Number(uid)) !== 0) {
    throw new Error(`Cannot become user ${uid}`);
  }
}

const ledger = new FileLedger({ dir, clock: systemClock });
restrict();
say((await ledger.findById(idOf(0)))?.status ?? "none");
for (let index = 0; index < Number(count); index++) {
  const id = idOf(index);
  try {
    await ledger.append(foldRecords([submitted({ id, token: id })]));
    say(String(index));
  } catch (error) {
    say(String(error));
  }
}
