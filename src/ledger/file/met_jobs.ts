import {
  addTo,
  identityOf,
  isFirst,
  type PlacedEntry,
  type PlacedJob,
  placedJobOf,
} from "./placed_job.ts";

/** The newest jobs of a key. */
export interface NewestJobs {
  /** Of this account. */
  readonly own: PlacedJob | undefined;
  /** Of another account, where none of this one is newer. */
  readonly foreign: PlacedJob | undefined;
  /** Of this account, newer than those, and started without `--wait`. */
  readonly accepted: PlacedJob | undefined;
}

/** The jobs of a key that a search has met on its way back from the end. */
export class MetJobs {
  readonly #account: string;
  readonly #met = new Map<string, PlacedEntry[]>();
  /** Those whose first line is still to be read. */
  readonly #open = new Set<string>();
  #own: string | undefined;
  #foreign: string | undefined;
  #accepted: string | undefined;

  constructor(account: string) {
    this.#account = account;
  }

  /** The newest job of this account, once its intent was met. */
  get own(): string | undefined {
    return this.#own;
  }

  get isAnyOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Whether nothing that comes now can change what is the newest. */
  get isFound(): boolean {
    const { own } = this;
    return own !== undefined &&
      [own, this.#foreign, this.#accepted].every((name) =>
        name === undefined || !this.#open.has(name)
      );
  }

  /** Takes an entry of the key; the last one of the file comes first. */
  take(placed: PlacedEntry): void {
    const { entry } = placed;
    const name = identityOf(entry);
    // The newest is known: others can only be older.
    if (this.#own !== undefined && !this.#isNewest(name)) return;
    addTo(this.#met, name, placed);
    if (isFirst(entry)) this.#open.delete(name);
    else this.#open.add(name);
    if (entry.status === "submitted" && !this.#isNewest(name)) {
      this.#count(name, entry.account);
    }
    // However many there are of one key: only the newest are held.
    if (isFirst(entry) && !this.#isNewest(name)) this.#met.delete(name);
  }

  /** A job whose `submitted` line was lost still is one: its newest counts. */
  newest(): NewestJobs {
    for (const name of this.#own === undefined ? this.#open : []) {
      const account = this.#met.get(name)?.[0]?.entry.account;
      if (account !== undefined) this.#count(name, account);
    }
    const sight = (name: string | undefined) =>
      name === undefined ? undefined : placedJobOf(this.#met.get(name) ?? []);
    return {
      own: sight(this.#own),
      foreign: sight(this.#foreign),
      accepted: sight(this.#accepted),
    };
  }

  /** Counts a job, unless a newer one of its kind was counted. */
  #count(name: string, account: string): void {
    const isKnown = this.#own !== undefined;
    const isOwn = account === this.#account;
    if (isOwn && this.#isAccepted(name)) {
      if (!isKnown) this.#accepted ??= name;
    } else if (isOwn) this.#own ??= name;
    else if (!isKnown && !this.#isAccepted(name)) this.#foreign ??= name;
  }

  #isNewest(name: string): boolean {
    return name === this.#own || name === this.#foreign ||
      name === this.#accepted;
  }

  /** By what was written after its intent, and so was read before. */
  #isAccepted(name: string): boolean {
    return this.#met.get(name)?.some(({ entry }) =>
      entry.accepted_at !== undefined
    ) ?? false;
  }
}
