import { writeAllSync } from "../atomic_file.ts";
import { linesForward, type PlacedLine, readBlock } from "./forward_lines.ts";
import { parseLine } from "./inspect.ts";
import { rewriteLedger, type Selection } from "./rewrite.ts";

/** What a repair did. */
export interface RepairReport {
  /** How many lines were moved away. */
  readonly moved: number;
  /** Where they are now; none if there was nothing to move. */
  readonly path: string | undefined;
}

/** Options for {@linkcode repairLedger}. */
export interface RepairOptions {
  readonly now: Date;
  readonly lock: () => Promise<Disposable>;
}

/**
 * Moves torn and corrupt lines to a file beside the ledger, as they are, each
 * with a newline behind it. All others stay, byte for byte.
 *
 * @throws {LedgerError} when it cannot be done; the ledger is as it was.
 */
export async function repairLedger(
  path: string,
  options: RepairOptions,
): Promise<RepairReport> {
  // Windows takes no colons in a name.
  const time = options.now.toISOString().replaceAll(":", "-");
  const aside = `${path}.bad-${time}`;
  let moved = 0;
  const rewritten = await rewriteLedger(path, {
    lock: options.lock,
    select(file) {
      // A last line that was cut off counts too: nobody writes it any more.
      const { size } = file.statSync();
      if (!hasBadLine(file, size)) return undefined;
      const bad = new SideFile(aside, file);
      const keeps = (line: PlacedLine) => {
        if (!isBad(line)) return true;
        bad.take(line);
        return false;
      };
      const selection: Selection = {
        keeps,
        keepsLate: keeps,
        beforeReplacing() {
          bad.close();
          moved = bad.lines;
        },
        abandon: () => bad.remove(),
      };
      return selection;
    },
  });
  return rewritten === undefined || moved === 0
    ? { moved: 0, path: undefined }
    : { moved, path: aside };
}

function hasBadLine(file: Deno.FsFile, end: number): boolean {
  for (const line of linesForward(file, 0, end)) {
    if (isBad(line)) return true;
  }
  return false;
}

function isBad(line: PlacedLine): boolean {
  return parseLine(line).type === "corrupt";
}

const NEWLINE = new Uint8Array([10]);

/** Where bad lines go: theirs to read who wants to know what was lost. */
class SideFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #ledger: Deno.FsFile;
  #lines = 0;

  constructor(path: string, ledger: Deno.FsFile) {
    this.#path = path;
    this.#ledger = ledger;
    this.#file = Deno.openSync(path, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
  }

  get lines(): number {
    return this.#lines;
  }

  take({ offset, end, isWhole }: PlacedLine): void {
    for (let at = offset; at < end;) {
      const block = readBlock(this.#ledger, at, end);
      if (block.length === 0) break;
      writeAllSync(this.#file, block);
      at += block.length;
    }
    if (!isWhole) writeAllSync(this.#file, NEWLINE);
    this.#lines++;
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
