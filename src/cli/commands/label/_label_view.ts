import type { JsonObject } from "../../../json.ts";
import { type ResultView, textsIn } from "../../output/render_result.ts";

/** Returns a VM's labels as they are printed: in the order of their names. */
export function labelResult(
  vmId: string,
  labels: Readonly<Record<string, string>>,
): JsonObject {
  const sorted = Object.entries(labels)
    .toSorted(([one], [other]) => one < other ? -1 : 1);
  return { vm_id: vmId, labels: Object.fromEntries(sorted) };
}

/** How a VM's labels are shown. */
export const LABEL_VIEW: ResultView = {
  ids: ({ vm_id }) => textsIn(vm_id),
  text({ labels }) {
    const pairs = Object.entries(labels ?? {});
    if (pairs.length === 0) return ["No labels."];
    return pairs.map(([name, value]) => `${name}=${value}`);
  },
};
