import { ApiError } from "../../api/api_error.ts";
import { Patience } from "../../patience.ts";
import {
  type CommandInput,
  defineCommand,
  type Printout,
  TARGET_FILES,
} from "../command_line/command.ts";
import { choice, type FlagTable } from "../command_line/flag.ts";
import { readPollOptions, WAIT_FLAGS } from "../command_line/wait_flags.ts";
import type { Context } from "../context.ts";
import { lazy } from "../lazy.ts";
import { openSession } from "../session.ts";
import { resolveTarget } from "../targets.ts";
import { noSuchVm } from "../vm_command.ts";

const FLAGS = {
  for: {
    type: "value",
    brief: "What to wait for",
    placeholder: "STATE",
    fallback: "running",
    parse: choice(["running", "paused", "deleted"]),
  },
  timeout: {
    ...WAIT_FLAGS.timeout,
    brief: "Stop waiting after this time. 0: no limit",
  },
  "poll-interval": WAIT_FLAGS["poll-interval"],
} as const satisfies FlagTable;

/** `vers wait`: waits for VMs that somebody made. */
export const command = defineCommand({
  summary: "Wait for VMs to be running, paused or deleted",
  description:
    "Waits until every VM named is running, or what --for says, whoever\n" +
    "created it: no job is needed, and none is changed. A VM that does not\n" +
    "exist is an error, unless its deletion is waited for. A check that\n" +
    "fails does not end the wait.",
  flags: FLAGS,
  positionals: [{
    name: "vm",
    brief: "VM IDs or aliases",
    isList: true,
  }],
  examples: [
    ["vers wait my-vm", "until it runs"],
    ["vers wait my-vm other-vm --timeout 5m", "for two, 5 minutes at most"],
    ["vers wait --for running my-vm -q", "print its ID alone"],
  ],
  exitCodes: [
    [3, "VM or alias not found"],
    [6, "timed out; the VMs stay as they are"],
    [20, "a VM is dead"],
  ],
  files: TARGET_FILES,
  resuming: "Nothing is kept: run the same command again to go on waiting.",
  run: wait,
});

async function wait(
  input: CommandInput<typeof FLAGS>,
  context: Context,
): Promise<Printout> {
  const { waitForVms } = await lazy.waitVms();
  const { args, flags, progress } = input;
  const { warn } = progress;
  const wanted = flags.for ?? "running";
  const named = args.map((typed) =>
    resolveTarget(typed, { context, path: ["wait"], warn })
  );
  const targets = new Map(named.map((target) => [target.id, target]));
  const session = await openSession(input, context);
  const { pollIntervalMs, timeoutMs } = readPollOptions(
    flags,
    session.settings,
  );
  const { clock, signal: interrupt } = context;
  const patience = new Patience({ clock, interrupt, timeoutMs });
  using _stopping = patience;
  const ids = [...targets.keys()];
  try {
    const states = await waitForVms(session.engine, ids, {
      wanted,
      patience,
      pollIntervalMs,
      onLook(states) {
        const asleep = wanted !== "running" ? [] : [...states]
          .filter(([, state]) => state === "paused" || state === "sleeping");
        for (const [id, state] of asleep) {
          warn(`note: VM ${id} is ${state}; to resume it: vers resume ${id}`);
        }
      },
      onMissed: ({ message }) => warn(`note: no answer yet: ${message}`),
    });
    const vms = ids.map((vm_id) => ({ vm_id, state: states.get(vm_id) ?? "" }));
    return {
      result: { vms },
      ids,
      text: vms.map(({ vm_id, state }) => `VM ${vm_id} is ${state}`),
    };
  } catch (error) {
    if (!(error instanceof ApiError && error.isNotFound)) throw error;
    const missing = ids.find((id) => error.message.includes(id)) ?? ids[0];
    const target = targets.get(missing ?? "");
    throw target === undefined ? error : noSuchVm(target, error);
  }
}
