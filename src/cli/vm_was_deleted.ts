import { removeAliasesOf } from "../project/aliases.ts";
import { clearHead, readHead } from "../project/head.ts";
import type { Context } from "./context.ts";
import type { Progress } from "./output/progress.ts";
import { aliasesFor, aliasPath, headPath, vmOfHead } from "./targets.ts";
import { visible } from "./output/terminal_text.ts";
import { messageOf } from "../failure.ts";

/** What stood for a VM on this machine, and does not any more. */
export interface DroppedNames {
  readonly wasHead: boolean;
  readonly aliases: readonly string[];
}

/**
 * Makes HEAD of this folder and every alias that stand for a deleted VM stand
 * for nothing, and returns which did. What goes wrong is a warning on stderr:
 * the VM is deleted all the same.
 */
export async function dropNamesOf(
  vmId: string,
  options: { readonly context: Context; readonly progress: Progress },
): Promise<DroppedNames> {
  const { context, progress } = options;
  const warn = (what: string, error: unknown) => {
    const why = messageOf(error);
    progress.say(`warning: ${what} not cleared: ${visible(why)}`);
  };
  let wasHead = false;
  try {
    const path = headPath(context);
    const head = readHead(path);
    const aliases = () => aliasesFor({ context, warn: progress.warn });
    wasHead = head !== undefined && vmOfHead(head, aliases) === vmId &&
      clearHead(path);
  } catch (error) {
    warn("HEAD is", error);
  }
  const path = aliasPath(context);
  if (path === undefined) return { wasHead, aliases: [] };
  try {
    const { signal } = context;
    return { wasHead, aliases: await removeAliasesOf(path, vmId, { signal }) };
  } catch (error) {
    context.signal.throwIfAborted();
    warn(`aliases of VM ${vmId} are`, error);
    return { wasHead, aliases: [] };
  }
}
