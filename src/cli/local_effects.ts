import type { LocalEffects } from "../engine/engine.ts";
import type { Handle } from "../job/entry.ts";
import type { JobBase } from "../job/job.ts";
import { readAliases, updateAliases } from "../project/aliases.ts";
import { readHead, writeHead } from "../project/head.ts";
import type { Context } from "./context.ts";
import { stateFolder } from "./open_engine.ts";
import type { Progress } from "./progress.ts";
import { visible } from "./terminal_text.ts";

/** What names VMs on this machine, as it was when the command started. */
export interface LocalNames {
  readonly readAt: Date;
  readonly head: string | undefined;
  readonly aliases: ReadonlyMap<string, string>;
}

/** Returns what names VMs now; what cannot be read counts as empty. */
export function readLocalNames(context: Context): LocalNames {
  const aliasPath = aliasPathOf(context);
  return {
    readAt: context.clock.now(),
    head: orElse(() => readHead(headPathOf(context)), undefined),
    aliases: aliasPath === undefined
      ? new Map()
      : orElse(() => readAliases(aliasPath), new Map()),
  };
}

/** Options for {@linkcode nameVm}. */
export interface NameVmOptions {
  readonly context: Context;
  readonly progress: Progress;
  readonly before: LocalNames;
}

type JobWithVm = JobBase & { readonly handle: Handle };

/**
 * Makes the job's alias and HEAD of this folder stand for its VM, unless they
 * were changed since it was asked for, and returns what they are.
 *
 * What goes wrong is a warning on stderr: the VM is there all the same.
 */
export async function nameVm(
  job: JobWithVm,
  options: NameVmOptions,
): Promise<LocalEffects> {
  const [vmId] = job.handle.vm_ids;
  if (vmId === undefined) return {};
  const alias = job.inputs.alias;
  const hasAlias = typeof alias === "string" &&
    await setAlias(job, { ...options, alias, vmId });
  return {
    ...(hasAlias ? { alias } : {}),
    ...(setHead(job, { ...options, vmId }) ? { head: vmId } : {}),
  };
}

async function setAlias(
  job: JobWithVm,
  options: NameVmOptions & { readonly alias: string; readonly vmId: string },
): Promise<boolean> {
  const { context, progress, before, alias, vmId } = options;
  const path = aliasPathOf(context);
  const name = `alias "${visible(alias)}"`;
  if (path === undefined) {
    progress.say(`warning: ${name} is not set: there is no home folder`);
    return false;
  }
  try {
    const { signal } = context;
    const changedAt = modifiedAt(path);
    const earlier = await updateAliases(path, (aliases) => {
      const now = aliases.get(alias);
      const isOurs = isMadeHere(job, before)
        ? now === before.aliases.get(alias)
        : now === undefined || isOlder(changedAt, job);
      if (now !== vmId && !isOurs) return { kept: now };
      aliases.set(alias, vmId);
      return { replaced: now === vmId ? undefined : now };
    }, { signal });
    if (earlier.kept !== undefined) {
      progress.say(
        `note: ${name} was changed meanwhile; it stays VM ${earlier.kept}`,
      );
      return false;
    }
    if (earlier.replaced !== undefined) {
      progress.say(
        `note: ${name} stood for VM ${earlier.replaced}, and now for ` +
          `VM ${vmId}; to delete the old one: vers delete ${earlier.replaced}`,
      );
    }
    return true;
  } catch (error) {
    if (!context.signal.aborted) {
      progress.say(`warning: ${name} is not set: ${messageOf(error)}`);
    }
    return false;
  }
}

function setHead(
  job: JobWithVm,
  options: NameVmOptions & { readonly vmId: string },
): boolean {
  const { context, progress, before, vmId } = options;
  try {
    const path = headPathOf(context);
    const now = readHead(path);
    if (now === vmId) return true;
    const isOurs = isMadeHere(job, before)
      ? now === before.head
      : now === undefined || isOlder(modifiedAt(path), job);
    if (!isOurs) {
      progress.say(`note: HEAD was changed meanwhile; it stays VM ${now}`);
      return false;
    }
    writeHead(path, vmId);
    return true;
  } catch (error) {
    progress.say(`warning: HEAD is not set: ${messageOf(error)}`);
    return false;
  }
}

/** Whether the job was asked for after the names were read: by this command. */
function isMadeHere(job: JobBase, before: LocalNames): boolean {
  return Date.parse(job.startedAt) >= before.readAt.getTime();
}

/** Whether a file is as it was when the job was asked for. */
function isOlder(changedAt: Date | undefined, job: JobBase): boolean {
  return changedAt === undefined ||
    changedAt.getTime() <= Date.parse(job.startedAt);
}

function headPathOf(context: Context): string {
  return `${context.cwd()}/.vers/HEAD`;
}

function aliasPathOf(context: Context): string | undefined {
  const folder = stateFolder(context);
  return folder === undefined ? undefined : `${folder}/aliases.json`;
}

function modifiedAt(path: string): Date | undefined {
  return orElse(() => Deno.statSync(path).mtime ?? undefined, undefined);
}

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function messageOf(error: unknown): string {
  return visible(error instanceof Error ? error.message : String(error));
}
