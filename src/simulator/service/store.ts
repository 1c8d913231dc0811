import {
  ensureOwnedFile,
  ensurePrivateFolder,
  writeAllSync,
} from "../../atomic_file.ts";
import { Failure } from "../../failure.ts";
import { acquireFileLock } from "../../file_lock.ts";
import {
  openRegularFile,
  readRegularFile,
  reasonOf,
} from "../../regular_file.ts";
import { replaceFile } from "../../replace_file.ts";
import type { RequestRecord } from "../faults/request_record.ts";
import { emptyWorld, parseWorld, type World } from "./world.ts";

/** One look at the world that may change it. */
export interface Transaction {
  readonly world: World;
  /** Adds a request to the record, or says anew what became of one. */
  readonly log: (record: RequestRecord) => void;
}

/** Where the world and the record of requests are. */
export interface Store {
  /**
   * Runs `change` on the world as it is now, alone, and keeps what it made of
   * it. If it throws, nothing that it did is kept, unless the store is in
   * memory; so look first, then change.
   */
  update<T>(change: (transaction: Transaction) => T): Promise<T>;

  /** Returns the requests, in the order in which they came. */
  readRecords(): Promise<RequestRecord[]>;

  /** Forgets the requests. */
  clearRecords(): Promise<void>;
}

/** A world that ends with the process. */
export class MemoryStore implements Store {
  readonly #world = emptyWorld();
  readonly #records = new Map<string, RequestRecord>();

  update<T>(change: (transaction: Transaction) => T): Promise<T> {
    const log = (record: RequestRecord) => {
      this.#records.set(record.id, record);
    };
    // Made now, seen later: callers meet the same order as with files.
    return Promise.resolve().then(() => change({ world: this.#world, log }));
  }

  readRecords(): Promise<RequestRecord[]> {
    return Promise.resolve([...this.#records.values()]);
  }

  clearRecords(): Promise<void> {
    this.#records.clear();
    return Promise.resolve();
  }
}

const LOCK_WAIT_MS = 10_000;
const RECORDS_LIMIT_BYTES = 4 * 1024 * 1024;

/** A world in a folder, shared by all processes that use that folder. */
export class FolderStore implements Store {
  readonly #statePath: string;
  readonly #lockPath: string;
  readonly #recordsPath: string;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    try {
      ensurePrivateFolder(folder);
    } catch (cause) {
      throw storeFailure(folder, cause);
    }
    this.#statePath = `${folder}/state.json`;
    this.#lockPath = `${folder}/state.lock`;
    this.#recordsPath = `${folder}/requests.jsonl`;
  }

  update<T>(change: (transaction: Transaction) => T): Promise<T> {
    return this.#alone(() => {
      const world = this.#readWorld();
      const before = JSON.stringify(world);
      let lines = "";
      const result = change({
        world,
        log: (record) => {
          lines += JSON.stringify(record) + "\n";
        },
      });
      const after = JSON.stringify(world);
      if (after !== before) replaceFile(this.#statePath, after);
      if (lines !== "") this.#appendRecords(lines);
      return result;
    });
  }

  async readRecords(): Promise<RequestRecord[]> {
    const { parseRecords } = await import("../faults/request_record.ts");
    return parseRecords(await this.#alone(() => this.#readLines()));
  }

  clearRecords(): Promise<void> {
    return this.#alone(() => replaceFile(this.#recordsPath, ""));
  }

  /** One at a time in this process, then one at a time among processes. */
  #alone<T>(work: () => T): Promise<T> {
    const done = this.#turn.then(async () => {
      try {
        using _lock = await acquireFileLock(this.#lockPath, {
          waitMs: LOCK_WAIT_MS,
        });
        return work();
      } catch (cause) {
        throw cause instanceof Failure
          ? cause
          : storeFailure(this.#statePath, cause);
      }
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  #readWorld(): World {
    const text = readRegularFile(this.#statePath);
    return text === undefined ? emptyWorld() : parseWorld(text);
  }

  #appendRecords(lines: string): void {
    if (appendText(this.#recordsPath, lines) <= RECORDS_LIMIT_BYTES) return;
    const kept = this.#readLines().split("\n");
    const younger = kept.slice(Math.floor(kept.length / 2) - 1);
    replaceFile(this.#recordsPath, younger.join("\n"));
  }

  #readLines(): string {
    return readRegularFile(this.#recordsPath) ?? "";
  }
}

/** Returns the size of the file afterwards. */
function appendText(path: string, text: string): number {
  ensureOwnedFile(path, 0o600);
  const options = { append: true, create: true, mode: 0o600 };
  const file = openRegularFile(path, options);
  using _closing = file;
  writeAllSync(file, new TextEncoder().encode(text));
  return file.statSync().size;
}

function storeFailure(path: string, cause: unknown): Failure {
  const why = reasonOf(cause);
  return new Failure(`Cannot use the simulator's state "${path}": ${why}`, {
    code: "general",
    hint:
      "name another folder with VERS_STATE_DIR, or delete this one to start anew",
    cause,
  });
}
