import { writeAllSync } from "../../atomic_file.ts";
import { type ParsedLine, skimLine } from "./entry_line.ts";
import { type Line, linesForward } from "./lines.ts";
import { copyBytes, rewriteLedger, type Selection } from "./rewrite.ts";

/** What a repair did. */
export interface RepairReport {
  /** How many lines were moved away. */
  readonly moved: number;
  /** How many of those only a newer program can read. */
  readonly newer: number;
  /** Whether not one line could stay. */
  readonly isAll: boolean;
  /** Where they are now; none if there was nothing to move. */
  readonly path: string | undefined;
}

const NOTHING: RepairReport = {
  moved: 0,
  newer: 0,
  isAll: false,
  path: undefined,
};

/**
 * Moves the lines that this program cannot read to a file beside the ledger, as
 * they are. All others stay, byte for byte. What was moved can be added to the
 * ledger again.
 *
 * @throws {LedgerError} when it cannot be done; the ledger is as it was.
 */
export async function repairLedger(
  path: string,
  { now, lock }: {
    readonly now: Date;
    readonly lock: () => Promise<Disposable>;
  },
): Promise<RepairReport> {
  // Windows takes no colons in a name.
  const time = now.toISOString().replaceAll(":", "-");
  const aside = `${path}.bad-${time}`;
  let report = NOTHING;
  const rewritten = await rewriteLedger(path, {
    lock,
    select(file) {
      // A last line that was cut off counts too: nobody writes it any more.
      const { size } = file.statSync();
      if (!hasBadLine(file, size)) return undefined;
      const bad = new SideFile(aside, file);
      let moved = 0;
      let newer = 0;
      let kept = 0;
      const keeps = (line: Line) => {
        const { type } = skimLine(line.bytes);
        if (isReadable(type)) {
          if (type !== "blank") kept++;
          return true;
        }
        moved++;
        if (type === "newer") newer++;
        bad.take(line);
        return false;
      };
      const selection: Selection = {
        keeps,
        keepsLate: keeps,
        beforeReplacing() {
          bad.close();
          report = { moved, newer, isAll: kept === 0, path: aside };
        },
        abandon: () => bad.remove(),
      };
      return selection;
    },
  });
  return rewritten === undefined ? NOTHING : report;
}

function hasBadLine(file: Deno.FsFile, end: number): boolean {
  for (const line of linesForward(file, 0, end)) {
    if (!isReadable(skimLine(line.bytes).type)) return true;
  }
  return false;
}

function isReadable(type: ParsedLine["type"]): boolean {
  return type !== "corrupt" && type !== "newer";
}

const NEWLINE = new Uint8Array([10]);

/** Where bad lines go: theirs to read who wants to know what was lost. */
class SideFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #ledger: Deno.FsFile;
  #endsOpen = false;

  constructor(path: string, ledger: Deno.FsFile) {
    this.#path = path;
    this.#ledger = ledger;
    this.#file = Deno.openSync(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
  }

  take({ offset, end, isWhole }: Line): void {
    if (this.#endsOpen) writeAllSync(this.#file, NEWLINE);
    this.#endsOpen = !isWhole;
    copyBytes(this.#ledger, { from: offset, to: end }, this.#file);
  }

  close(): void {
    this.#file.syncSync();
    this.#file.close();
  }

  remove(): void {
    try {
      this.#file.close();
    } catch {
      // It was closed before the ledger could not be replaced.
    }
    Deno.removeSync(this.#path);
  }
}
