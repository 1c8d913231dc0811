import { readAliases } from "../../../project/aliases.ts";
import type { Listing } from "../../command_line/command.ts";
import type { Context } from "../../context.ts";
import { type PageChoice, pageOf, tableLines } from "../../output/page.ts";
import { aliasPath } from "../../targets.ts";

/** Returns the wanted part of the aliases of this machine, by name. */
export function listAliases(context: Context, choice: PageChoice): Listing {
  const path = aliasPath(context);
  const aliases = path === undefined ? new Map() : readAliases(path);
  const items = [...aliases]
    .toSorted(([one], [other]) => one < other ? -1 : 1)
    .map(([alias, vmId]) => ({ alias, vm_id: vmId }));
  return {
    page: pageOf(items, choice),
    view: {
      id: ({ vm_id }) => String(vm_id),
      text: (items) =>
        items.length === 0 ? ["No aliases."] : tableLines([
          ["ALIAS", "VM ID"],
          ...items.map(({ alias, vm_id }) => [String(alias), String(vm_id)]),
        ]),
    },
  };
}
