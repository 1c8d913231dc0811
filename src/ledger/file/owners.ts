import { makesVms } from "../../job/record.ts";
import type { JobRecord } from "../../job/record.ts";
import type { Owners } from "../ledger.ts";
import { parseEntryLine } from "./entry_line.ts";
import { blocksBackwards, linesBackwards } from "./lines.ts";
import { Needle } from "./needle.ts";

/** Returns which of some VMs are the handle of a job, and of which. */
export function ownersOf(
  file: Deno.FsFile,
  size: number,
  vmIds: readonly string[],
  except: Pick<JobRecord, "id" | "token"> | undefined,
): Owners {
  const owners = new Map<string, string>();
  const left = new Map(vmIds.map((vmId) => [vmId, new Needle(vmId)]));
  for (const block of blocksBackwards(file, size)) {
    const { bytes } = block;
    const isAnyMet = bytes && left.values().some((vmId) => vmId.isIn(bytes));
    for (const line of isAnyMet ? linesBackwards(block) : []) {
      const { id, vmIds } = vmsIn(line.bytes, except);
      for (const vmId of vmIds) {
        if (left.delete(vmId)) owners.set(vmId, id);
      }
    }
    if (left.size === 0) break;
  }
  return owners;
}

/** Returns the VMs that a line says its job has made; none of `except`. */
function vmsIn(
  bytes: Uint8Array | undefined,
  except: Pick<JobRecord, "id" | "token"> | undefined,
): { readonly id: string; readonly vmIds: readonly string[] } {
  const none = { id: "", vmIds: [] };
  const parsed = parseEntryLine(bytes);
  if (parsed.type === "go") {
    const { id, result_id } = parsed.entry;
    return { id, vmIds: result_id?.split(",") ?? [] };
  }
  if (parsed.type !== "entry") return none;
  const { entry } = parsed;
  if (entry.id === except?.id && entry.token === except.token) return none;
  // What was resumed, or run in, was made by another job.
  if (entry.status === "submitted" || !makesVms(entry.kind)) return none;
  return { id: entry.id, vmIds: entry.handle?.vm_ids ?? [] };
}
