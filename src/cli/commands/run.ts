import type { JsonObject } from "../../json.ts";
import { type CommandInput, JOB_FILES } from "../command_line/command.ts";
import {
  aliasName,
  type FlagTable,
  wholeNumber,
  word,
} from "../command_line/flag.ts";
import { WAIT_FLAGS } from "../command_line/wait_flags.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import { textsIn } from "../output/render_result.ts";
import { defineWorkCommand, nameLines } from "../work_command.ts";

const MAX_MIB = 2 ** 31 - 1;

const FLAGS = {
  "vm-alias": {
    type: "value",
    brief: "Name the VM on this machine, and make the command resumable",
    shorthand: "N",
    placeholder: "NAME",
    parse: aliasName("my-vm"),
  },
  "mem-size": {
    type: "value",
    brief: "Memory in MiB; 0: as vers.toml says",
    placeholder: "MIB",
    fallback: "vers.toml, else 512",
    parse: wholeNumber({ min: 0, max: MAX_MIB, unit: "MiB", example: 512 }),
  },
  "vcpu-count": {
    type: "value",
    brief: "Virtual CPUs; 0: as vers.toml says",
    placeholder: "COUNT",
    fallback: "vers.toml, else 1",
    parse: wholeNumber({ min: 0, max: 1024, unit: "CPUs", example: 1 }),
  },
  "fs-size-vm": {
    type: "value",
    brief: "Disk in MiB; 0: as vers.toml says",
    placeholder: "MIB",
    fallback: "vers.toml, else 1024",
    parse: wholeNumber({ min: 0, max: MAX_MIB, unit: "MiB", example: 1024 }),
  },
  rootfs: {
    type: "value",
    brief: "Root file system image",
    placeholder: "NAME",
    fallback: "vers.toml, else default",
    parse: word({ what: "a name", example: "default", mayBeEmpty: true }),
  },
  kernel: {
    type: "value",
    brief: "Kernel image",
    placeholder: "NAME",
    fallback: "vers.toml, else default.bin",
    parse: word({ what: "a name", example: "default.bin", mayBeEmpty: true }),
  },
  ...WAIT_FLAGS,
} as const satisfies FlagTable;

type Input = CommandInput<typeof FLAGS>;

/** `vers run`: starts a VM. */
export const command = defineWorkCommand({
  summary: "Start a VM",
  description:
    "Starts a VM and, with --wait, waits until it is running. Its ID is\n" +
    "written to .vers/HEAD in this folder: it is the default VM of later\n" +
    "commands.",
  flags: FLAGS,
  positionals: [],
  examples: [
    [
      "vers run --wait --vm-alias my-vm",
      "start a VM, or resume the wait for it",
    ],
    ["vers run --mem-size 2048 --vcpu-count 2", "start a larger one"],
    ["vers run --wait --local --vm-alias try", "try it without an account"],
  ],
  exitCodes: [
    [6, "timed out; the job continues, and the same command resumes it"],
    [20, "the VM did not start"],
    [21, "unconfirmed: the VM may or may not exist"],
  ],
  resumeKey: "--vm-alias, --idempotency-key or VERS_RUN_ID",
  files: { ...JOB_FILES, versToml: "read" },
  resuming:
    "With --wait and --vm-alias (or --idempotency-key, or VERS_RUN_ID in\n" +
    "the environment), running the same command again resumes the wait for\n" +
    "the same VM. --resume-job resumes any job.",
  kind: "vm.run",
  work: async (input, context) => ({
    inputs: await readInputs(input, context),
  }),
  isStable: (flags) => flags["vm-alias"] !== undefined,
  sets: (flags) => ({ alias: flags["vm-alias"], head: true }),
  view: {
    ids: (result) => textsIn(result.vm_id),
    text: (result) => [
      result.status === "complete"
        ? `VM '${result.vm_id}' started successfully.`
        : `VM '${result.vm_id}' is starting.`,
      ...nameLines(result),
    ],
  },
});

/** What is asked for: flags over vers.toml over the defaults. */
async function readInputs(
  { flags, progress }: Input,
  context: Context,
): Promise<JsonObject> {
  const { readVersToml } = await lazy.versToml();
  const toml = await readVersToml(`${context.cwd()}/vers.toml`);
  const isComplete = flags["mem-size"] && flags["vcpu-count"] &&
    flags["fs-size-vm"] && flags.rootfs && flags.kernel;
  if (toml.isMissing && !isComplete) {
    progress.say(
      `note: no vers.toml here; using ${toml.memSizeMib} MiB of memory, ` +
        `${toml.vcpuCount} CPU and ${toml.fsSizeMib} MiB of disk ` +
        "where no flag says otherwise",
    );
  }
  return {
    alias: flags["vm-alias"],
    mem_size_mib: flags["mem-size"] || toml.memSizeMib,
    vcpu_count: flags["vcpu-count"] || toml.vcpuCount,
    fs_size_vm_mib: flags["fs-size-vm"] || toml.fsSizeMib,
    rootfs: flags.rootfs || toml.imageName,
    kernel: flags.kernel || toml.kernelName,
  };
}
