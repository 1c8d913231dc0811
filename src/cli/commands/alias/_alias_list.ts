import type { JsonObject } from "../../../json.ts";
import { readAliases } from "../../../project/aliases.ts";
import type { Context } from "../../context.ts";
import { type PageView, tableLines } from "../../output/page.ts";
import { aliasPath } from "../../targets.ts";

/** Returns the aliases of this machine, by name. */
export function aliasItems(context: Context): JsonObject[] {
  const path = aliasPath(context);
  const aliases = path === undefined ? new Map() : readAliases(path);
  return [...aliases].toSorted(([one], [other]) => one < other ? -1 : 1)
    .map(([alias, vmId]) => ({ alias, vm_id: vmId }));
}

/** How aliases are shown. */
export const ALIAS_VIEW: PageView = {
  id: ({ vm_id }) => String(vm_id),
  text: (items) =>
    items.length === 0 ? ["No aliases."] : tableLines([
      ["ALIAS", "VM ID"],
      ...items.map(({ alias, vm_id }) => [String(alias), String(vm_id)]),
    ]),
};
