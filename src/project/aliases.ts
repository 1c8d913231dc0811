import { ensurePrivateFolder, folderOf } from "../atomic_file.ts";
import { Failure } from "../failure.ts";
import {
  acquireFileLock,
  type AcquireFileLockOptions,
  type FileLock,
  FileLockError,
} from "../file_lock.ts";
import { type Patience, TimedOutError } from "../patience.ts";
import { NotRegularFileError } from "../regular_file.ts";
import { replaceFile } from "../replace_file.ts";
import { fileFailure, parseJsonObject, readTextFile } from "./text_file.ts";

const LOCK_WAIT_MS = 10_000;
const LOCKING = { doing: "waiting for the aliases", limitMs: LOCK_WAIT_MS };

/**
 * Returns which alias stands for which VM, from the file at `path`; none when
 * there is no file.
 *
 * @throws {Failure} naming the file, when it is broken or cannot be read.
 */
export function readAliases(path: string): Map<string, string> {
  return aliasesIn(readEntries(path));
}

/** Options for {@linkcode updateAliases}. */
export interface UpdateAliasesOptions {
  /** Ends the wait for another process, as do 10 s. */
  readonly signal?: AbortSignal | undefined;
  /** What the command waits by, if it has a limit: it ends the wait, too. */
  readonly patience?: Patience | undefined;
}

/**
 * Lets `change` look at the aliases and change them, as one step that no other
 * process comes between, and returns what it returned.
 *
 * The file is written only if something changed. Entries that are no aliases
 * are kept.
 *
 * @throws {Failure} when the file is broken, which leaves it alone, or cannot
 *   be written, or another process keeps it locked.
 * @throws {unknown} what `change` threw; then nothing was written.
 */
export async function updateAliases<T>(
  path: string,
  change: (aliases: Map<string, string>) => T,
  options: UpdateAliasesOptions = {},
): Promise<T> {
  using _lock = await lockAliases(path, options);
  const entries = readEntries(path);
  const before = aliasesIn(entries);
  const aliases = new Map(before);
  const result = change(aliases);
  if (!isEqual(before, aliases)) writeEntries(path, merge(entries, aliases));
  return result;
}

/**
 * Returns the VM that an alias stands for. Two spellings of the same letters,
 * as in "é" and "e" with an accent, are one alias.
 */
export function vmOfAlias(
  aliases: ReadonlyMap<string, string>,
  alias: string,
): string | undefined {
  const [spelling = alias] = spellingsOf(aliases, alias);
  return aliases.get(spelling);
}

/** Makes `alias` stand for a VM, in whatever spelling it is there. */
export function putAlias(
  aliases: Map<string, string>,
  alias: string,
  vmId: string,
): void {
  for (const spelling of spellingsOf(aliases, alias)) {
    if (spelling !== alias) aliases.delete(spelling);
  }
  aliases.set(alias, vmId);
}

/** Who asks for a name that something may have taken meanwhile. */
export interface NameTaker {
  /** The VMs of the job that asked for the name. */
  readonly vmIds: readonly string[];
  /** What the name stood for when the job was asked for, if that is known. */
  readonly before: string | null | undefined;
}

/**
 * Whether a name may be given to a job's VM: nothing has it, or one of the
 * job's VMs, or still the one that had it when the job was asked for.
 */
export function mayTakeName(
  now: string | undefined,
  { vmIds, before }: NameTaker,
): boolean {
  return now === undefined || now === before || vmIds.includes(now);
}

/** Makes `alias` stand for nothing. Returns the VM that it stood for. */
export function dropAlias(
  aliases: Map<string, string>,
  alias: string,
): string | undefined {
  const vmId = vmOfAlias(aliases, alias);
  for (const spelling of spellingsOf(aliases, alias)) aliases.delete(spelling);
  return vmId;
}

/**
 * The names in the file that are this alias: the one that is the same letter by
 * letter, else all that are it in another spelling.
 */
function spellingsOf(
  aliases: ReadonlyMap<string, string>,
  alias: string,
): readonly string[] {
  if (aliases.has(alias)) return [alias];
  const plain = alias.normalize("NFC");
  return [...aliases.keys()].filter((name) => name.normalize("NFC") === plain);
}

/** Makes `alias` stand for a VM. Returns the one that it stood for before. */
export function setAlias(
  path: string,
  alias: string,
  options: UpdateAliasesOptions & { readonly vmId: string },
): Promise<string | undefined> {
  return updateAliases(path, (aliases) => {
    const before = vmOfAlias(aliases, alias);
    putAlias(aliases, alias, options.vmId);
    return before;
  }, options);
}

/** Removes every alias of a VM. Returns which there were. */
export function removeAliasesOf(
  path: string,
  vmId: string,
  options: UpdateAliasesOptions = {},
): Promise<string[]> {
  return updateAliases(path, (aliases) => {
    const removed = [...aliases.keys()].filter((alias) =>
      aliases.get(alias) === vmId
    );
    for (const alias of removed) aliases.delete(alias);
    return removed;
  }, options);
}

async function lockAliases(
  path: string,
  { patience, signal = patience?.interrupt }: UpdateAliasesOptions,
): Promise<FileLock | undefined> {
  const lockPath = `${path.replace(/\.json$/, "")}.lock`;
  const acquire = (options: AcquireFileLockOptions) =>
    acquireFileLock(lockPath, options);
  try {
    ensurePrivateFolder(folderOf(path));
    return await (patience === undefined
      ? acquire({ waitMs: LOCK_WAIT_MS, signal })
      : patience.fileLock(acquire, LOCKING));
  } catch (thrown) {
    // What the command is about is done, though its name could not be set.
    const error = thrown instanceof TimedOutError ? thrown.cause : thrown;
    if (!(error instanceof FileLockError)) {
      if (signal?.aborted) throw signal.reason;
      throw fileFailure(`change ${JSON.stringify(path)}`, error);
    }
    if (error.cause instanceof NotRegularFileError) {
      throw fileFailure(`lock ${JSON.stringify(lockPath)}`, error.cause);
    }
    // Where there is no locking, an alias is still worth having.
    if (error.reason === "unavailable") return undefined;
    throw new Failure(
      `Cannot change ${JSON.stringify(path)}: another process has it locked`,
      { code: "general", retryable: true, cause: error },
    );
  }
}

/** Everything in the file, aliases or not. A `Map`: "__proto__" is a name. */
function readEntries(path: string): Map<string, unknown> {
  const text = readTextFile(path);
  if (text === undefined || text.trim() === "") return new Map();
  const value = parseJsonObject(
    text,
    (why, cause) =>
      new Failure(`Cannot read ${JSON.stringify(path)}: ${why}`, {
        code: "general",
        advice: { type: "aliases_broken" },
        cause,
      }),
  );
  return new Map<string, unknown>(Object.entries(value));
}

function aliasesIn(
  entries: ReadonlyMap<string, unknown>,
): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [alias, vmId] of entries) {
    if (typeof vmId === "string") aliases.set(alias, vmId);
  }
  return aliases;
}

function isEqual(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): boolean {
  return one.size === other.size &&
    [...one].every(([alias, vmId]) => other.get(alias) === vmId);
}

function merge(
  entries: ReadonlyMap<string, unknown>,
  aliases: ReadonlyMap<string, string>,
): Map<string, unknown> {
  const foreign = [...entries].filter(([alias, value]) =>
    typeof value !== "string" && !aliases.has(alias)
  );
  return new Map<string, unknown>([...foreign, ...aliases]);
}

function writeEntries(path: string, entries: ReadonlyMap<string, unknown>) {
  // `fromEntries` makes fields of their own, also of "__proto__".
  const text = JSON.stringify(Object.fromEntries(entries), null, 2) + "\n";
  try {
    replaceFile(path, text, { mode: 0o644 });
  } catch (error) {
    throw fileFailure(`write ${JSON.stringify(path)}`, error);
  }
}
