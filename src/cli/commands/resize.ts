import { ApiError } from "../../api/api_error.ts";
import { Failure } from "../../failure.ts";
import { wholeNumber } from "../command_line/flag.ts";
import { defineVmCommand } from "../vm_command.ts";

const MAX_MIB = 2 ** 31 - 1;

/** `vers resize`: makes a VM's disk larger. */
export const command = defineVmCommand({
  summary: "Make a VM's disk larger",
  description: "Makes a VM's disk larger. A disk cannot be made smaller.",
  flags: {
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
  },
  examples: [
    ["vers resize my-vm --size 4096", "give a VM 4 GiB of disk"],
    ["vers resize --size 4096", "give HEAD's VM 4 GiB of disk"],
  ],
  check: ({ flags }) =>
    flags.has("size")
      ? []
      : [{ problem: "--size is missing", example: "--size 4096" }],
  async run({ id, client, options, found }, { flags: { size = 0 } }) {
    try {
      await found(client.resizeDisk(id, size, options));
    } catch (error) {
      throw withHint(error, id, size);
    }
    return {
      result: { vm_id: id, fs_size_mib: size },
      ids: [id],
      text: [`✓ VM '${id}' has a disk of ${size} MiB`],
    };
  },
});

/** Returns the error with a line that may work, where the size was wrong. */
function withHint(error: unknown, vmId: string, size: number): unknown {
  if (!(error instanceof ApiError) || !error.isFromService) return error;
  if (error.status !== 400) return error;
  return new Failure(error.message, {
    code: error.code,
    hint: "a disk only grows; for example: " +
      `vers resize ${vmId} --size ${Math.min(size * 2, MAX_MIB)}`,
    cause: error,
  });
}
