import { Failure } from "../../failure.ts";
import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { type FlagTable, wholeNumber } from "../command_line/flag.ts";
import { textsIn } from "../output/render_result.ts";
import { VM_POSITIONAL } from "../open_vm.ts";

const MAX_MIB = 2 ** 31 - 1;

const FLAGS = {
  size: {
    type: "value",
    brief: "The disk's new size in MiB, larger than it is now; must be given",
    placeholder: "MIB",
    parse: wholeNumber({
      min: 1,
      max: MAX_MIB,
      unit: "MiB",
      example: 4096,
    }),
  },
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers resize`: makes a VM's disk larger. */
export const command = defineCommand({
  summary: "Make a VM's disk larger",
  description: "Makes a VM's disk larger. A disk cannot be made smaller.",
  flags: FLAGS,
  positionals: [VM_POSITIONAL],
  examples: [
    ["vers resize my-vm --size 4096", "give a VM 4 GiB of disk"],
    ["vers resize --size 4096", "give HEAD's VM 4 GiB of disk"],
  ],
  files: TARGET_FILES,
  check: ({ flags }) =>
    flags.has("size")
      ? []
      : [{ problem: "--size is missing", example: "--size 4096" }],
  run: resize,
});

async function resize(input: Input, context: Context): Promise<number> {
  const { openVm } = await import("../open_vm.ts");
  const { foundVm } = await import("../open_vm.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { args: [typed], flags: { size = 0 }, invocation, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  try {
    await foundVm(client.resizeDisk(target.id, size, { signal }), target);
  } catch (error) {
    throw await withHint(error, target.id, size);
  }
  await deliverResult({ vm_id: target.id, fs_size_mib: size }, {
    context,
    progress,
    output: invocation.output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () => [`✓ VM '${target.id}' has a disk of ${size} MiB`],
    },
  });
  return 0;
}

/** Returns the error with a line that may work, where the size was wrong. */
async function withHint(
  error: unknown,
  vmId: string,
  size: number,
): Promise<unknown> {
  const { ApiError } = await import("../../api/api_error.ts");
  if (!(error instanceof ApiError) || !error.isFromService) return error;
  if (error.status !== 400) return error;
  return new Failure(error.message, {
    code: error.code,
    hint: "a disk only grows; for example: " +
      `vers resize ${vmId} --size ${Math.min(size * 2, MAX_MIB)}`,
    cause: error,
  });
}
