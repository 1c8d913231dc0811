import type { SkippedVm, Vm, VmStatus } from "../../api/types.ts";
import type { JsonObject } from "../../json.ts";
import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { deliverPage, PAGE_FLAGS, pageOf, tableLines } from "../output/page.ts";
import { textsIn } from "../output/render_result.ts";

type Input = CommandInput<typeof PAGE_FLAGS>;

/** `vers status`: lists the VMs, or shows one. */
export const command = defineCommand({
  summary: "List the VMs, or show one",
  description:
    "Lists the VMs of the organisation, oldest first; or shows the\n" +
    "state of one.",
  flags: PAGE_FLAGS,
  positionals: [{
    name: "vm",
    brief: "Id or alias; default: all VMs",
    isOptional: true,
  }],
  examples: [
    ["vers status", "list the VMs"],
    ["vers status my-vm", "show one"],
    ["vers status -q --limit 0", "print all ids"],
  ],
  files: TARGET_FILES,
  check({ flags, args }) {
    if (args.length === 0) return [];
    return ["limit", "offset"].filter((name) => flags.has(name)).map((
      name,
    ) => ({
      problem: `--${name} is for lists, and one VM is named`,
      example: args.join(" "),
    }));
  },
  run: status,
});

async function status(input: Input, context: Context): Promise<number> {
  const { openSession } = await import("../session.ts");
  const { args: [typed], flags, invocation: { output }, progress } = input;
  if (typed !== undefined) return await showVm(typed, input, context);
  const { engine: { client, signal } } = await openSession(input, context);
  const { value: { vms, skipped } } = await client.listVms({ signal });
  if (skipped.length > 0) progress.say(skippedNote(skipped));
  const names = await namesOf(context);
  const page = pageOf(vms.toSorted(byAge).map(toResult), flags);
  await deliverPage(page, {
    context,
    progress,
    output,
    view: {
      id: ({ vm_id }) => String(vm_id),
      text: (items) => listLines(items, names),
    },
  });
  return 0;
}

async function showVm(
  typed: string,
  input: Input,
  context: Context,
): Promise<number> {
  const { openVm } = await import("../open_vm.ts");
  const { foundVm } = await import("../open_vm.ts");
  const { deliverResult } = await import("../output/deliver.ts");
  const { invocation: { output }, progress } = input;
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  const vm = await foundVm(client.vmStatus(target.id, { signal }), target);
  await deliverResult(toResult(vm), {
    context,
    progress,
    output,
    isKept: false,
    view: {
      ids: ({ vm_id }) => textsIn(vm_id),
      text: () =>
        tableLines([
          ["VM ID:", vm.vm_id],
          ["State:", vm.state],
          ["Created:", vm.created_at ?? "-"],
          ["Owner:", vm.owner_id ?? "-"],
          ...Object.entries(vm.labels).toSorted(byName)
            .map(([name, value]) => ["Label:", `${name}=${value}`]),
        ]),
    },
  });
  return 0;
}

/** Says which entries of the service's list are not shown, and why. */
function skippedNote(skipped: readonly SkippedVm[]): string {
  const [first] = skipped;
  const which = first?.vm_id ?? "one without an id";
  const many = skipped.length === 1
    ? "an entry of the list is"
    : `${skipped.length} entries of the list are`;
  return `note: ${many} passed over, not being as documented: ${which}` +
    (skipped.length === 1 ? "" : ", the first") + `: ${first?.why}`;
}

function toResult({ vm_id, state, created_at, owner_id, labels }: VmStatus) {
  const sorted = Object.fromEntries(Object.entries(labels).toSorted(byName));
  return { vm_id, state, created_at, owner_id, labels: sorted };
}

/** What stands for VMs on this machine. */
interface Names {
  readonly head: string | undefined;
  readonly aliases: ReadonlyMap<string, string>;
}

/** What cannot be read does not keep the list from being shown. */
async function namesOf(context: Context): Promise<Names> {
  const { aliasPath, headPath, vmOfHead } = await import("../targets.ts");
  const { readAliases } = await import("../../project/aliases.ts");
  const { readHead } = await import("../../project/head.ts");
  const path = aliasPath(context);
  try {
    const aliases = path === undefined ? new Map() : readAliases(path);
    const head = readHead(headPath(context));
    return { head: head && (vmOfHead(head, () => aliases) ?? head), aliases };
  } catch {
    return { head: undefined, aliases: new Map() };
  }
}

function listLines(
  items: readonly JsonObject[],
  { head, aliases }: Names,
): readonly string[] {
  if (items.length === 0) return ["No VMs found."];
  const rows = items.map(({ vm_id, state, created_at }) => [
    String(vm_id),
    String(state),
    String(created_at),
    [...aliases].flatMap(([name, id]) => id === vm_id ? [name] : [])
      .toSorted().join(", "),
  ]);
  const table = tableLines([["VM ID", "STATE", "CREATED", "ALIAS"], ...rows]);
  return head === undefined ? table : [`HEAD: ${head}`, ...table];
}

function byAge(one: Vm, other: Vm): number {
  const [a, b] = [Date.parse(one.created_at), Date.parse(other.created_at)];
  return a - b || (one.vm_id < other.vm_id ? -1 : 1);
}

function byName(
  one: readonly [string, string],
  other: readonly [string, string],
) {
  return one[0] < other[0] ? -1 : 1;
}
