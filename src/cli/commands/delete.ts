import { deleteVm } from "../../engine/delete_vm.ts";
import { Failure } from "../../failure.ts";
import {
  type CommandInput,
  defineCommand,
  type Printout,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { FlagTable } from "../command_line/flag.ts";
import { shellLine } from "../command_line/written_line.ts";
import type { Context } from "../context.ts";
import { exitCodeFor, UsageError } from "../output/exit_code.ts";
import { print } from "../output/print.ts";
import { renderFailure } from "../output/render_failure.ts";
import { visible } from "../output/terminal_text.ts";
import { openSession } from "../session.ts";
import { resolveTarget, type Target } from "../targets.ts";
import { noSuchVm, VM_POSITIONAL } from "../vm_command.ts";
import { dropNamesOf } from "../vm_was_deleted.ts";

const FLAGS = {
  yes: {
    type: "boolean",
    brief: "Do not ask for confirmation",
    shorthand: "y",
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers delete`: deletes VMs. */
export const command = defineCommand({
  summary: "Delete VMs",
  description:
    "Deletes VMs permanently, and clears HEAD and the aliases that stand\n" +
    "for them. On a terminal it asks for confirmation; elsewhere --yes is\n" +
    "needed. A VM that is already gone counts as deleted. If one cannot be\n" +
    "deleted, the others still are.",
  flags: FLAGS,
  positionals: [{ ...VM_POSITIONAL, isList: true }],
  examples: [
    ["vers delete my-vm", "delete a VM, after confirmation"],
    ["vers delete --yes my-vm other-vm", "delete two without confirmation"],
  ],
  exitCodes: [
    [5, "no terminal to confirm on, and no --yes: nothing was deleted"],
    [7, "declined: nothing was deleted"],
  ],
  files: { ...TARGET_FILES, aliases: "read, write", head: "read, write" },
  run: deleteVms,
});

/** A target that is still there, or means nothing, and why. */
interface NotDeleted {
  readonly target: string;
  readonly error: Failure;
}

async function deleteVms(input: Input, context: Context): Promise<number> {
  const { flags, progress } = input;
  const failures: NotDeleted[] = [];
  const deleted: string[] = [];
  const alreadyGone: string[] = [];
  const names = { wasHead: false, aliases: new Array<string>() };
  const targets = findTargets(input, { context, failures });
  const { engine: { client, signal } } = await openSession(input, context);
  if (targets.length > 0 && !flags.yes) await ask(targets, input, context);
  for (const target of targets) {
    try {
      const { id } = target;
      const deletion = await deleteVm(client, id, { signal });
      if (deletion.type === "unknown") throw noSuchVm(target, deletion.error);
      const isNew = deletion.type === "deleted";
      (isNew ? deleted : alreadyGone).push(id);
      if (!isNew) progress.say(`note: VM ${id} was deleted already`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // What was done until then is said all the same.
      if (signal.aborted) break;
      const { typed = target.id } = target;
      failures.push({ target: typed, error });
      continue;
    }
    const dropped = await dropNamesOf(target.id, { context, progress });
    names.aliases.push(...dropped.aliases);
    names.wasHead ||= dropped.wasHead;
  }
  const gone = [...deleted, ...alreadyGone];
  const total = gone.length + failures.length;
  await report(
    {
      result: {
        deleted,
        already_gone: alreadyGone,
        failed: failures.map(({ target, error: { code, message } }) => ({
          target,
          code,
          message,
        })),
        head_cleared: names.wasHead,
        aliases_removed: names.aliases,
      },
      ids: gone,
      text: [
        ...deleted.map((id) => `✓ Deleted VM '${id}'`),
        ...names.aliases.map((name) =>
          `Alias '${name}' removed (VM was deleted)`
        ),
        ...(names.wasHead ? ["HEAD cleared (VM was deleted)"] : []),
        ...(total > 1 ? [`${gone.length} of ${total} VMs are deleted`] : []),
      ],
    },
    failures,
    { input, context },
  );
  signal.throwIfAborted();
  const [first] = failures;
  return first === undefined ? 0 : exitCodeFor(first.error);
}

/** The VMs that are meant, each once; what means none is a failure of its own. */
function findTargets(
  { args, progress: { warn } }: Input,
  { context, failures }: { context: Context; failures: NotDeleted[] },
): readonly Target[] {
  const options = { context, path: ["delete"], warn };
  if (args.length === 0) return [resolveTarget(undefined, options)];
  const targets = new Map<string, Target>();
  for (const typed of args) {
    try {
      const target = resolveTarget(typed, options);
      if (!targets.has(target.id)) targets.set(target.id, target);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push({ target: typed, error });
    }
  }
  return [...targets.values()];
}

/**
 * Returns when the person at the terminal has agreed.
 *
 * @throws {Failure} of code `declined`, when not.
 * @throws {UsageError} when nobody can be asked.
 */
async function ask(
  targets: readonly Target[],
  { args, progress }: Input,
  context: Context,
): Promise<void> {
  const { stdin, stderr } = context;
  const what = targets.length === 1 ? "the VM" : `${targets.length} VMs`;
  const line = shellLine(["vers", "delete", "--yes", ...args]);
  if (stderr.isTerminal) {
    for (const { id, name } of targets) {
      const alias = name === undefined ? "" : ` (alias "${visible(name)}")`;
      progress.say(`VM ${id}${alias} will be deleted permanently`);
    }
  }
  if (!stdin.isTerminal || !stderr.isTerminal) {
    throw new UsageError(
      `Cannot delete ${what}: there is no terminal to confirm it on`,
      `to delete without confirmation: ${line}`,
    );
  }
  await stderr.write("Proceed [y/N]: ");
  const answer = (await readLine(context)).trim().toLowerCase();
  if (answer === "y" || answer === "yes") return;
  throw new Failure(`Cannot delete ${what}: it was declined`, {
    code: "declined",
    hint: `nothing was done; to delete without confirmation: ${line}`,
  });
}

async function readLine({ stdin }: Context): Promise<string> {
  const decoder = new TextDecoder();
  const piece = new Uint8Array(256);
  let text = "";
  while (!text.includes("\n")) {
    const taken = await stdin.read(piece);
    if (taken === null) break;
    text += decoder.decode(piece.subarray(0, taken), { stream: true });
  }
  return text.split("\n")[0] ?? "";
}

async function report(
  said: Printout,
  failures: readonly NotDeleted[],
  { input: { invocation, progress }, context }: {
    readonly input: Input;
    readonly context: Context;
  },
): Promise<void> {
  const { output } = invocation;
  await print(said, { context, progress, output });
  for (const { error } of failures) {
    await context.stderr.write(renderFailure(error, {
      format: output.format,
      invoked: { command, invocation },
    }));
  }
}
