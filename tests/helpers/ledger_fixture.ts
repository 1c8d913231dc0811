import type { JobRecord } from "../../src/job/record.ts";
import { foldRecords } from "../../src/job/job.ts";
import type { KeySearch } from "../../src/ledger/ledger.ts";
import { FileLedger } from "../../src/ledger/file/file_ledger.ts";
import { ACCOUNT, KEY } from "./entries.ts";
import { FakeClock } from "./fake_clock.ts";
import { type LedgerLine, readLedgerLines } from "./ledger_lines.ts";

/** A folder of its own with a ledger in it, on a clock that is moved by hand. */
export class LedgerFixture implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly dir = `${this.root}/jobs`;
  readonly clock = new FakeClock({ autoAdvance: false });
  readonly ledger = this.open();

  /** The ledger's file. */
  get path(): string {
    return `${this.dir}/jobs.jsonl`;
  }

  /** Opens the ledger as another process would. */
  open(): FileLedger {
    return new FileLedger({ dir: this.dir, clock: this.clock });
  }

  /** Writes entries one after the other, a second apart. */
  async write(...entries: readonly JobRecord[]): Promise<void> {
    for (const entry of entries) {
      this.clock.advance(1_000);
      await this.ledger.append(foldRecords([entry]));
    }
  }

  /** Returns the lines of the ledger, each checked. */
  lines(): LedgerLine[] {
    return readLedgerLines(this.path);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** Looks for the newest job of the entries in `entries.ts`. */
export function searchFor(ledger: FileLedger): Promise<KeySearch> {
  return ledger.findByKey(KEY, {
    account: ACCOUNT,
    windowMs: 86_400_000,
    now: new Date("2026-01-05T09:00:00.000Z"),
  });
}

/** Returns the permissions of a file, in octal digits. */
export function modeOf(path: string): string {
  return ((Deno.statSync(path).mode ?? 0) & 0o777).toString(8);
}
