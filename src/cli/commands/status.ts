import type { SkippedVm, Vm, VmStatus } from "../../api/types.ts";
import type { JsonObject } from "../../json.ts";
import { readAliases } from "../../project/aliases.ts";
import { readHead } from "../../project/head.ts";
import {
  type CommandInput,
  defineCommand,
  type Listing,
  type Printout,
  TARGET_FILES,
} from "../command_line/command.ts";
import type { Context } from "../context.ts";
import { PAGE_FLAGS, pageOf, tableLines } from "../output/page.ts";
import { openSession } from "../session.ts";
import { aliasPath, headPath, vmOfHead } from "../targets.ts";
import { type OpenedVm, openVm } from "../vm_command.ts";

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

async function status(
  input: Input,
  context: Context,
): Promise<Printout | Listing> {
  const { args, flags, progress } = input;
  if (args.length > 0) return await showVm(await openVm(input, context));
  const { engine: { client, signal } } = await openSession(input, context);
  const { value: { vms, skipped } } = await client.listVms({ signal });
  if (skipped.length > 0) progress.say(skippedNote(skipped));
  const names = namesOf(context);
  return {
    page: pageOf(vms.toSorted(byAge).map(toResult), flags),
    view: {
      id: ({ vm_id }) => String(vm_id),
      text: (items) => listLines(items, names),
    },
  };
}

async function showVm(
  { id, client, options, found }: OpenedVm,
): Promise<Printout> {
  const vm = await found(client.vmStatus(id, options));
  const result = toResult(vm);
  return {
    result,
    ids: [vm.vm_id],
    text: tableLines([
      ["VM ID:", vm.vm_id],
      ["State:", vm.state],
      ["Created:", vm.created_at ?? "-"],
      ["Owner:", vm.owner_id ?? "-"],
      ...Object.entries(result.labels)
        .map(([name, value]) => ["Label:", `${name}=${value}`]),
    ]),
  };
}

/** Says which entries of the service's list are not shown, and why. */
function skippedNote(skipped: readonly SkippedVm[]): string {
  const [first] = skipped;
  const which = first?.vm_id ?? "one without an id";
  const many = skipped.length === 1
    ? "an entry of the list is"
    : `${skipped.length} entries of the list are`;
  return `note: ${many} skipped, not as documented: ${which}` +
    (skipped.length === 1 ? "" : ", the first") + `: ${first?.why}`;
}

function toResult({ vm_id, state, created_at, owner_id, labels }: VmStatus) {
  const sorted = Object.entries(labels)
    .toSorted(([one], [other]) => one < other ? -1 : 1);
  return {
    vm_id,
    state,
    created_at,
    owner_id,
    labels: Object.fromEntries(sorted),
  };
}

/** What stands for VMs on this machine. */
interface Names {
  readonly head: string | undefined;
  readonly aliases: ReadonlyMap<string, string>;
}

/** What cannot be read does not keep the list from being shown. */
function namesOf(context: Context): Names {
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
