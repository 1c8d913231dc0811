import { Failure } from "../failure.ts";
import { readAliases } from "../project/aliases.ts";
import { readHead } from "../project/head.ts";
import type { Context } from "./context.ts";
import { stateFolder } from "./folders.ts";
import { shellLine } from "./shell_words.ts";
import { closest } from "./suggestion.ts";

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
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id for examples. */
const EXAMPLE_ID = "5b1c8a40-7c1e-4c55-9d0e-2f6a3b4c5d6e";

/** Whether a text is an id of the service: of a VM or of a commit. */
export function isId(text: string): boolean {
  return UUID.test(text);
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
  if (isId(typed)) return { id: typed.toLowerCase(), usedHead: false, typed };
  const path = aliasPath(options.context);
  const aliases = path === undefined ? new Map() : readAliases(path);
  const id = aliases.get(typed);
  if (id === undefined) throw unknownAlias(typed, [...aliases.keys()], options);
  return { id, name: typed, usedHead: false, typed };
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

function readHeadTarget(options: ResolveTargetOptions): Target {
  const { context, path } = options;
  const file = headPath(context);
  const id = readHead(file);
  const line = shellLine(["vers", ...path, EXAMPLE_ID]);
  if (id === undefined) {
    throw new Failure(
      `Cannot tell which VM is meant: none is named, and "${file}" names none`,
      {
        code: "not_found",
        hint: `name one: ${line}; or make one HEAD of this folder: ` +
          `vers checkout ${EXAMPLE_ID}`,
      },
    );
  }
  if (!isId(id)) {
    const shown = JSON.stringify(id.slice(0, 100));
    throw new Failure(
      `Cannot tell which VM is meant: "${file}" holds ${shown}, which is no id`,
      {
        code: "general",
        hint: `name one: ${line}; or mend it: vers checkout ${EXAMPLE_ID}`,
      },
    );
  }
  return { id: id.toLowerCase(), usedHead: true };
}

const SHOWN_ALIASES = 10;

function unknownAlias(
  typed: string,
  aliases: readonly string[],
  { path }: ResolveTargetOptions,
): Failure {
  const nearest = closest(typed, aliases) ?? aliases[0];
  const shown = aliases.slice(0, SHOWN_ALIASES).join(", ");
  const more = aliases.length > SHOWN_ALIASES
    ? ` and ${aliases.length - SHOWN_ALIASES} more`
    : "";
  const known = nearest === undefined
    ? "there are no aliases on this machine; an id works"
    : `the aliases are ${shown}${more}; an id works too`;
  const line = shellLine(["vers", ...path, nearest ?? EXAMPLE_ID]);
  return new Failure(
    `Cannot find ${JSON.stringify(typed)}: it is neither an id nor an alias`,
    { code: "not_found", hint: `${known}: ${line}` },
  );
}
