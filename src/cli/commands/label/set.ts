import { defineCommand, TARGET_FILES } from "../../command_line/command.ts";
import { lazy } from "../../lazy.ts";
import { UsageError } from "../../output/exit_code.ts";
import { visible } from "../../output/terminal_text.ts";
import { openVm, VM_POSITIONAL } from "../../vm_command.ts";
import { labelPrintout } from "./_label_view.ts";

/** `vers label set`: labels a VM. */
export const command = defineCommand({
  summary: "Set labels of a VM",
  description:
    "Sets labels of a VM; its other labels stay. The first word names the\n" +
    "VM if it contains no =.",
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
  async run(input, context) {
    const [first = ""] = input.args;
    const named = first.includes("=") ? [] : [first];
    const wanted = await parseLabels(input.args.slice(named.length));
    const vm = await openVm({ ...input, args: named }, context);
    const { id, client, options, found } = vm;
    // A label of a VM that is not there is refused in words that do not say so.
    await found(client.vmStatus(id, options));
    await client.setLabels(id, wanted, options);
    const { labels } = await found(client.vmStatus(id, options));
    return labelPrintout(id, labels);
  },
});

async function parseLabels(
  words: readonly string[],
): Promise<Record<string, string>> {
  const { JOB_LABEL } = await lazy.kinds();
  const labels = new Map<string, string>();
  const mistakes = words.flatMap((word) => {
    const at = word.indexOf("=");
    const [name, value] = [word.slice(0, at), word.slice(at + 1)];
    if (at < 0) return [`"${visible(word)}" has no =`];
    if (name.trim() === "" || /\p{Cc}/u.test(word)) {
      return [`"${visible(word)}" is not name=value on one line`];
    }
    if (name === JOB_LABEL) return [`${name} is reserved for vers itself`];
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
