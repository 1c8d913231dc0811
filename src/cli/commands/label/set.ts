import {
  type CommandInput,
  defineCommand,
  TARGET_FILES,
} from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../output/exit_code.ts";
import { visible } from "../../output/terminal_text.ts";
import { VM_POSITIONAL } from "../../open_vm.ts";

/** `vers label set`: labels a VM. */
export const command = defineCommand({
  summary: "Set labels of a VM",
  description:
    "Sets labels of a VM; those of other names stay. The first word\n" +
    "names the VM if there is no = in it.",
  flags: {},
  positionals: [
    VM_POSITIONAL,
    { name: "name=value", brief: "What to set", isList: true },
  ],
  examples: [
    ["vers label set my-vm team=web stage=test", "set two labels"],
    ["vers label set stage=test", "set one of HEAD's VM"],
  ],
  files: TARGET_FILES,
  run: setLabels,
});

async function setLabels(
  input: CommandInput,
  context: Context,
): Promise<number> {
  const { openVm } = await import("../../open_vm.ts");
  const { foundVm } = await import("../../open_vm.ts");
  const { deliverResult } = await import("../../output/deliver.ts");
  const { LABEL_VIEW, labelResult } = await import("./_label_view.ts");
  const { args, invocation: { output }, progress } = input;
  const [first = ""] = args;
  const typed = first.includes("=") ? undefined : first;
  const wanted = await parseLabels(typed === undefined ? args : args.slice(1));
  const opened = await openVm(input, { context, typed });
  const { target, client, signal } = opened;
  // A label of a VM that is not there is refused in words that do not say so.
  await foundVm(client.vmStatus(target.id, { signal }), target);
  await client.setLabels(target.id, wanted, { signal });
  const asked = client.vmStatus(target.id, { signal });
  const { labels } = await foundVm(asked, target);
  await deliverResult(labelResult(target.id, labels), {
    context,
    progress,
    output,
    isKept: false,
    view: LABEL_VIEW,
  });
  return 0;
}

async function parseLabels(
  words: readonly string[],
): Promise<Record<string, string>> {
  const { JOB_LABEL } = await import("../../../engine/vm_list.ts");
  const labels = new Map<string, string>();
  const mistakes = words.flatMap((word) => {
    const at = word.indexOf("=");
    const [name, value] = [word.slice(0, at), word.slice(at + 1)];
    if (at < 0) return [`"${visible(word)}" has no =`];
    if (name.trim() === "" || /\p{Cc}/u.test(word)) {
      return [`"${visible(word)}" is no name=value on one line`];
    }
    if (name === JOB_LABEL) return [`${name} is this program's own mark`];
    if (labels.has(name)) return [`${visible(name)} is given twice`];
    labels.set(name, value);
    return [];
  });
  if (words.length === 0) mistakes.push("no label is given");
  if (mistakes.length === 0) return Object.fromEntries(labels);
  throw new UsageError(
    `Cannot set labels: ${mistakes.join("; ")}`,
    "for example: vers label set my-vm team=web",
  );
}
