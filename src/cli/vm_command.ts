import { ApiError } from "../api/api_error.ts";
import type { Answer, CallOptions } from "../api/exchange.ts";
import type { VersClient } from "../api/vers_client.ts";
import { Failure } from "../failure.ts";
import {
  type Command,
  type CommandInput,
  type Positional,
  type Printout,
  TARGET_FILES,
} from "./command_line/command.ts";
import type { FlagTable } from "./command_line/flag.ts";
import { shellLine } from "./command_line/written_line.ts";
import type { Context } from "./context.ts";
import { openSession } from "./session.ts";
import { resolveTarget, type Target } from "./targets.ts";

/** The VM that a command is about, where it may be left out. */
export const VM_POSITIONAL: Positional = {
  name: "vm",
  brief: "Id or alias; default: HEAD of this folder",
  isOptional: true,
};

/** A VM that a command is about, and the way to it. */
export interface OpenedVm {
  readonly target: Target;
  readonly id: string;
  readonly client: VersClient;
  /** What goes with every request. */
  readonly options: CallOptions;
  /**
   * Returns what was asked about the VM.
   *
   * @throws {Failure} of code `not_found`, when there is no such VM.
   */
  found<T>(asked: Promise<Answer<T>>): Promise<T>;
}

/** A command about one VM, which is there when it runs. */
export interface VmCommand<F extends FlagTable>
  extends Omit<Command<F>, "positionals" | "run"> {
  run(
    vm: OpenedVm,
    input: CommandInput<F>,
    context: Context,
  ): Promise<Printout>;
}

/** Returns the command whose one argument names the VM that it is about. */
export function defineVmCommand<const F extends FlagTable>(
  command: VmCommand<F>,
): Command<F> {
  return {
    files: TARGET_FILES,
    ...command,
    positionals: [VM_POSITIONAL],
    run: async (input, context) =>
      command.run(await openVm(input, context), input, context),
  };
}

/** What is known of a command whose first argument names a VM. */
type TargetInput = Pick<CommandInput, "args" | "invocation" | "progress">;

/**
 * Returns the VM that the first argument stands for; HEAD's, if there is none.
 *
 * @throws {Failure} when it stands for nothing, or there is no API key.
 */
export async function openVm(
  input: TargetInput,
  context: Context,
): Promise<OpenedVm> {
  const target = typedTarget(input, context);
  const { engine: { client, signal } } = await openSession(input, context);
  return {
    target,
    id: target.id,
    client,
    options: { signal },
    found: (asked) => foundVm(asked, target),
  };
}

/**
 * Returns what the first argument stands for; HEAD of this folder, if there is
 * none.
 *
 * @throws {Failure} when it stands for nothing.
 */
export function typedTarget(
  { args: [typed], invocation: { path }, progress: { warn } }: TargetInput,
  context: Context,
): Target {
  return resolveTarget(typed, { context, path, warn });
}

async function foundVm<T>(
  asked: Promise<Answer<T>>,
  target: Target,
): Promise<T> {
  try {
    return (await asked).value;
  } catch (error) {
    if (error instanceof ApiError && error.isNotFound) {
      throw noSuchVm(target, error);
    }
    throw error;
  }
}

/**
 * Returns the failure for a VM that is not there: it says how the VM was
 * meant, and what to do about that.
 */
export function noSuchVm(target: Target, cause?: unknown): Failure {
  const { id, name, usedHead } = target;
  const meant = usedHead
    ? " (HEAD of this folder)"
    : name === undefined
    ? ""
    : ` (alias ${JSON.stringify(name)})`;
  const mend = usedHead
    ? "; to make another HEAD: vers checkout <vm>"
    : name === undefined
    ? ""
    : `; to drop the alias: ${shellLine(["vers", "alias", "remove", name])}`;
  return new Failure(`Cannot find VM ${id}${meant}: the service has none`, {
    code: "not_found",
    hint: `to list the VMs there are: vers status${mend}`,
    cause,
  });
}
