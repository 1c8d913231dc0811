import {
  addTo,
  identityOf,
  isFirst,
  type PlacedEntry,
  type Sighting,
  sightingOf,
} from "./sighting.ts";

/** The jobs of a key that a search has met on its way back, as far as they matter. */
export class MetJobs {
  readonly #account: string;
  readonly #met = new Map<string, PlacedEntry[]>();
  /** Those whose first line is still to be read. */
  readonly #open = new Set<string>();
  #own: string | undefined;
  #foreign: string | undefined;

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
    const isRead = (job?: string) => job === undefined || !this.#open.has(job);
    return this.#own !== undefined && isRead(this.#own) &&
      isRead(this.#foreign);
  }

  /** Takes an entry of the key; the last one of the file comes first. */
  take(placed: PlacedEntry): void {
    const { entry } = placed;
    const name = identityOf(entry);
    const isKnown = this.#own !== undefined;
    // The newest is known: others can only be older.
    if (isKnown && name !== this.#own && name !== this.#foreign) return;
    addTo(this.#met, name, placed);
    if (isFirst(entry)) this.#open.delete(name);
    else this.#open.add(name);
    if (entry.status !== "submitted") return;
    if (entry.account === this.#account) this.#own ??= name;
    else if (!isKnown) this.#foreign ??= name;
  }

  /** A job whose `submitted` line was lost still is one: its newest counts. */
  newest(): NewestJobs {
    let own = this.#own;
    let foreign = this.#foreign;
    for (const name of own === undefined ? this.#open : []) {
      const isOwn = this.#met.get(name)?.[0]?.entry.account === this.#account;
      if (isOwn) own ??= name;
      else if (own === undefined) foreign ??= name;
    }
    const sight = (name: string | undefined) =>
      name === undefined ? undefined : sightingOf(this.#met.get(name) ?? []);
    return { own: sight(own), foreign: sight(foreign) };
  }
}

/** The newest job of an account, and of all others. */
interface NewestJobs {
  readonly own: Sighting | undefined;
  readonly foreign: Sighting | undefined;
}
