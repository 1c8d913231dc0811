import { Failure } from "../failure.ts";
import { readAliases, vmOfAlias } from "../project/aliases.ts";
import { readHead } from "../project/head.ts";
import type { Context } from "./context.ts";
import { stateFolder } from "./folders.ts";
import { shellLine } from "./command_line/written_line.ts";
import { closest } from "./command_line/suggestion.ts";
import { orWithout } from "./personal_files.ts";
import { EXAMPLE_ID, isUuid } from "../uuid.ts";

/** The VM or commit that a command is about. */
export interface Target {
  readonly id: string;
  /** Its alias, if it was named by one. */
  readonly name?: string;
  /** Whether none was named, and HEAD of this folder stood in. */
  readonly usedHead: boolean;
  /** As it was written; missing when none was. */
  readonly typed?: string;
}

/** Options for {@linkcode resolveTarget}. */
export interface ResolveTargetOptions {
  readonly context: Context;
  /** The words of the command, for its examples: `["branch"]`. */
  readonly path: readonly string[];
  /** Says that a file is left out. */
  readonly warn: (text: string) => void;
}

/**
 * Returns what a target stands for: an id is itself, anything else is an alias
 * of this machine, and none at all is HEAD of this folder.
 *
 * @throws {Failure} of code `not_found` when it stands for nothing; of code
 *   `general` when the file that would tell cannot be read.
 */
export function resolveTarget(
  typed: string | undefined,
  options: ResolveTargetOptions,
): Target {
  if (typed === undefined) return readHeadTarget(options);
  if (isUuid(typed)) return { id: typed.toLowerCase(), usedHead: false, typed };
  const aliases = aliasesFor(options);
  const id = aliases && vmOfAlias(aliases, typed);
  if (id === undefined) {
    const names = aliases && [...aliases.keys()];
    throw unknownAlias(typed, names, options);
  }
  const name = typed.normalize("NFC");
  return { id, name, usedHead: false, typed: name };
}

/**
 * Returns a target as the key of a job has it: as it was written, and HEAD
 * together with the real path of its folder.
 */
export function targetInput(target: Target, context: Context): string {
  if (target.typed !== undefined) return target.typed;
  const folder = context.cwd();
  try {
    return `HEAD:${Deno.realPathSync(folder)}`;
  } catch {
    return `HEAD:${folder}`;
  }
}

/** Returns the path of this folder's HEAD file. */
export function headPath(context: Context): string {
  return `${context.cwd()}/.vers/HEAD`;
}

/** Returns the path of the file of aliases; none without a home. */
export function aliasPath(context: Context): string | undefined {
  const folder = stateFolder(context);
  return folder === undefined ? undefined : `${folder}/aliases.json`;
}

/** Returns the aliases of this machine; `undefined` if they cannot be read. */
export function aliasesFor(
  { context, warn }: Pick<ResolveTargetOptions, "context" | "warn">,
): ReadonlyMap<string, string> | undefined {
  const path = aliasPath(context);
  if (path === undefined) return new Map();
  const options = { what: "the aliases are", warn };
  return orWithout(() => readAliases(path), undefined, options);
}

/**
 * Returns the VM that the text in a HEAD file stands for: its id, or an alias
 * of it, which the Go CLI takes too.
 */
export function vmOfHead(
  head: string,
  aliases: () => ReadonlyMap<string, string> | undefined,
): string | undefined {
  if (isUuid(head)) return head.toLowerCase();
  return vmOfAlias(aliases() ?? new Map(), head)?.toLowerCase();
}

function readHeadTarget(options: ResolveTargetOptions): Target {
  const { context, path } = options;
  const file = headPath(context);
  const head = orWithout(() => readHead(file), UNREADABLE, {
    what: "HEAD is",
    warn: options.warn,
  });
  const line = shellLine(["vers", ...path, EXAMPLE_ID]);
  if (head === undefined || head === UNREADABLE) {
    throw new Failure(
      `Cannot tell which VM is meant: none is named, and "${file}" ` +
        (head === UNREADABLE ? "cannot be read" : "names none"),
      {
        code: "not_found",
        hint: `name one: ${line}; or make one HEAD of this folder: ` +
          `vers checkout ${EXAMPLE_ID}`,
      },
    );
  }
  const id = vmOfHead(head, () => aliasesFor(options));
  if (id === undefined) {
    const shown = JSON.stringify(head.slice(0, 100));
    throw new Failure(
      `Cannot tell which VM is meant: "${file}" holds ${shown}, which is ` +
        "neither an id nor an alias",
      {
        code: "general",
        hint: `name one: ${line}; or mend it: vers checkout ${EXAMPLE_ID}`,
      },
    );
  }
  return { id, usedHead: true };
}

const UNREADABLE = Symbol("unreadable");

const SHOWN_ALIASES = 10;

function unknownAlias(
  typed: string,
  aliases: readonly string[] | undefined,
  { path }: ResolveTargetOptions,
): Failure {
  const names = aliases ?? [];
  const nearest = closest(typed, names) ?? names[0];
  const shown = names.slice(0, SHOWN_ALIASES).join(", ");
  const more = names.length > SHOWN_ALIASES
    ? ` and ${names.length - SHOWN_ALIASES} more`
    : "";
  const known = aliases === undefined
    ? "the aliases of this machine cannot be read; an id works"
    : nearest === undefined
    ? "there are no aliases on this machine; an id works"
    : `the aliases are ${shown}${more}; an id works too`;
  const line = shellLine(["vers", ...path, nearest ?? EXAMPLE_ID]);
  return new Failure(
    `Cannot find ${JSON.stringify(typed)}: it is neither an id nor an alias`,
    { code: "not_found", hint: `${known}: ${line}` },
  );
}
