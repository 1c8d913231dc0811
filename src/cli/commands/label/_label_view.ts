import type { Printout } from "../../command_line/command.ts";

/** Returns a VM's labels as they are printed: in the order of their names. */
export function labelPrintout(
  vmId: string,
  labels: Readonly<Record<string, string>>,
): Printout {
  const sorted = Object.entries(labels)
    .toSorted(([one], [other]) => one < other ? -1 : 1);
  return {
    result: { vm_id: vmId, labels: Object.fromEntries(sorted) },
    ids: [vmId],
    text: sorted.length === 0
      ? ["No labels."]
      : sorted.map(([name, value]) => `${name}=${value}`),
  };
}
