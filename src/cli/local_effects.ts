import type { VersClient } from "../api/vers_client.ts";
import type { LocalEffects } from "../engine/engine.ts";
import type { Handle, Names } from "../job/record.ts";
import type { Job } from "../job/job.ts";
import {
  mayTakeName,
  putAlias,
  readAliases,
  updateAliases,
  vmOfAlias,
} from "../project/aliases.ts";
import { readHead, writeHead } from "../project/head.ts";
import type { Context } from "./context.ts";
import type { Progress } from "./output/progress.ts";
import type { Patience } from "../patience.ts";
import { aliasPath, headPath, vmOfHead } from "./targets.ts";
import { visible } from "./output/terminal_text.ts";
import { messageOf } from "../failure.ts";

/** Which names a command is about to set. */
export interface WantedNames {
  readonly alias?: string | undefined;
  readonly head: boolean;
}

/**
 * Returns what the names that a command sets stand for now; one that cannot be
 * read is left out, and then never taken from another VM.
 */
export function readNames(context: Context, wanted: WantedNames): Names {
  const { alias, head } = wanted;
  const path = aliasPath(context);
  return {
    ...orElse(
      () =>
        alias === undefined || path === undefined
          ? {}
          : { alias: vmOfAlias(readAliases(path), alias) ?? null },
      {},
    ),
    ...orElse(
      () => head ? { head: headNow(context)?.vmId ?? null } : {},
      {},
    ),
  };
}

/** Options for {@linkcode nameVm}. */
export interface NameVmOptions {
  readonly context: Context;
  readonly progress: Progress;
  /** Says whether a VM that loses its alias still lives. */
  readonly client: VersClient;
  /** Whether HEAD of this folder is to stand for the VM. */
  readonly setsHead: boolean;
  readonly patience: Patience;
}

type JobWithVm = Job & { readonly handle: Handle };

/**
 * Makes the alias that a job asked for, and HEAD of this folder, stand for its
 * first VM, unless they were made to stand for another one since it was asked
 * for, and returns what they are.
 *
 * What goes wrong is a warning on stderr: the VM is there all the same.
 */
export async function nameVm(
  job: JobWithVm,
  options: NameVmOptions,
): Promise<LocalEffects> {
  const [vmId] = job.handle.vm_ids;
  if (vmId === undefined) return {};
  const { alias } = job.inputs;
  const hasAlias = typeof alias === "string" &&
    await setAlias(job, { ...options, alias, vmId });
  const isHead = options.setsHead && setHead(job, { ...options, vmId });
  return {
    ...(hasAlias ? { alias } : {}),
    ...(isHead ? { head: vmId } : {}),
  };
}

async function setAlias(
  job: JobWithVm,
  options: NameVmOptions & { readonly alias: string; readonly vmId: string },
): Promise<boolean> {
  const { context, progress, alias, vmId } = options;
  const path = aliasPath(context);
  const name = `alias "${visible(alias)}"`;
  if (path === undefined) {
    progress.say(`warning: ${name} is not set: there is no home folder`);
    return false;
  }
  try {
    const { names, handle: { vm_ids } } = job;
    const earlier = await updateAliases(path, (aliases) => {
      const now = vmOfAlias(aliases, alias);
      const taker = { vmIds: vm_ids, before: names?.alias };
      if (!mayTakeName(now, taker)) return { kept: now };
      putAlias(aliases, alias, vmId);
      return { replaced: now === vmId ? undefined : now };
    }, { patience: options.patience });
    if (earlier.kept !== undefined) {
      progress.say(
        `note: ${name} was changed meanwhile; it stays VM ${earlier.kept}`,
      );
      return false;
    }
    const { replaced } = earlier;
    if (replaced !== undefined && await isAlive(replaced, options)) {
      progress.say(
        `note: ${name} stood for VM ${replaced}, and now for VM ${vmId}; ` +
          `to delete the old one: vers delete ${replaced}`,
      );
    }
    return true;
  } catch (error) {
    if (!context.signal.aborted) {
      progress.say(`warning: ${name} is not set: ${visible(messageOf(error))}`);
    }
    return false;
  }
}

function setHead(
  job: JobWithVm,
  options: NameVmOptions & { readonly vmId: string },
): boolean {
  const { context, progress, vmId } = options;
  try {
    const now = headNow(context);
    const before = job.names?.head;
    const taker = { vmIds: job.handle.vm_ids, before };
    if (!mayTakeName(now?.vmId, taker) && now?.text !== before) {
      const what = `VM ${now?.vmId}`;
      progress.say(`note: HEAD was changed meanwhile; it stays ${what}`);
      return false;
    }
    if (now?.text !== vmId) writeHead(headPath(context), vmId);
    return true;
  } catch (error) {
    progress.say(`warning: HEAD is not set: ${visible(messageOf(error))}`);
    return false;
  }
}

/** What HEAD of this folder is: its text, and the VM that it stands for. */
function headNow(context: Context) {
  const text = readHead(headPath(context));
  if (text === undefined) return undefined;
  const path = aliasPath(context);
  const aliases = () =>
    path === undefined ? undefined : orElse(() => readAliases(path), undefined);
  return { text, vmId: vmOfHead(text, aliases) ?? text };
}

/** Whether the server shows that a VM lives: one look, if there is time. */
async function isAlive(
  vmId: string,
  { client, patience }: NameVmOptions,
): Promise<boolean> {
  try {
    const { value } = await patience.within((signal) =>
      client.vmStatus(vmId, { signal })
    );
    return value.state !== "dead";
  } catch {
    return false;
  }
}

function orElse<T, U>(read: () => T, otherwise: U): T | U {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
