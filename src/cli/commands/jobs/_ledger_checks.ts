import { Failure } from "../../../failure.ts";
import type { Inspection } from "../../../ledger/file/inspect.ts";
import { LedgerError } from "../../../ledger/ledger_error.ts";
import { leftOvers } from "../../../atomic_file.ts";
import { reasonOf } from "../../../regular_file.ts";
import type { Context } from "../../context.ts";
import type { JobLedger } from "../../job_ledger.ts";
import { settingsOf } from "../../personal_files.ts";

/** What was found about one part of the ledger. */
export interface Check {
  readonly name: string;
  /** A warning is worth knowing; a problem keeps something from working. */
  readonly status: "ok" | "warning" | "problem";
  readonly detail: string;
}

/** All that was found about a ledger. */
export interface Diagnosis {
  readonly checks: readonly Check[];
  /** What its lines are; `undefined` where there are none to be read. */
  readonly lines: Inspection | undefined;
  readonly file: Deno.FileInfo | undefined;
}

/** Looks at a ledger and everything around it; changes nothing. */
export async function diagnose(
  jobLedger: JobLedger,
  context: Context,
): Promise<Diagnosis> {
  const { path, maintenance } = jobLedger;
  const file = statOf(path);
  let lines: Inspection | undefined;
  const checks: Check[] = [];
  const add = (
    name: string,
    detail: string,
    status: Check["status"] = "ok",
  ) => checks.push({ name, status, detail });
  try {
    lines = maintenance.inspect();
    add(
      "ledger",
      file ? sizeOf(file) : "there is none yet; the first job " +
        "makes it",
    );
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    add("ledger", error.message, "problem");
  }
  if (file !== undefined) checks.push(accessCheck(path, file));
  checks.push(await lockCheck(jobLedger), ...lines ? lineChecks(lines) : []);
  const unfinished = leftOvers(path).length;
  if (unfinished > 0) {
    const what = `${
      count(unfinished, "unfinished copy", "unfinished copies")
    } `;
    add(
      "leftovers",
      `${what} of the ledger by a prune that was killed; the next one ` +
        "removes them",
      "warning",
    );
  }
  checks.push(await settingsCheck(context));
  return { checks, lines, file };
}

/** Whether we may write to the file, and others too. */
function accessCheck(path: string, file: Deno.FileInfo): Check {
  const mode = file.mode === null ? undefined : file.mode & 0o7777;
  const shown = mode === undefined
    ? ""
    : `owner ${file.uid}:${file.gid}, mode ${
      mode.toString(8).padStart(4, "0")
    }`;
  const of = shown === "" ? "" : ` (${shown})`;
  try {
    if (file.isFile) Deno.openSync(path, { append: true }).close();
  } catch (error) {
    const detail = `it cannot be written to: ${reasonOf(error)}${of}`;
    return { name: "access", status: "problem", detail };
  }
  const OTHERS_WRITE = 0o022;
  return mode !== undefined && (mode & OTHERS_WRITE) !== 0
    ? {
      name: "access",
      status: "warning",
      detail: `others can write to it${of}; chmod 600 "${path}" ends that`,
    }
    : { name: "access", status: "ok", detail: shown };
}

async function lockCheck({ maintenance, path }: JobLedger): Promise<Check> {
  const name = "locks";
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (statOf(folder) === undefined) {
    const detail = `not tried: there is no folder "${folder}" yet`;
    return { name, status: "ok", detail };
  }
  const why = await maintenance.checkLocking();
  const detail = why ??
    `they hold in "${folder}/locks"; they do not reach across machines`;
  return { name, status: why === undefined ? "ok" : "problem", detail };
}

function lineChecks(lines: Inspection): Check[] {
  const { ours, go, newer, bad, future, stripped } = lines;
  const checks: Check[] = [{
    name: "lines",
    status: bad > 0 ? "problem" : "ok",
    detail: `${ours} of ours, ${go} of the Go CLI's` +
      (bad > 0
        ? `, ${bad} torn or corrupt; vers jobs doctor --repair sets them aside`
        : ""),
  }];
  const warn = (name: string, detail: string) =>
    checks.push({ name, status: "warning", detail });
  if (newer > 0) {
    warn(
      "newer lines",
      `${
        count(newer, "line", "lines")
      } of a newer vers; only that can resume ` +
        "their jobs",
    );
  }
  if (future > 0) {
    warn(
      "future lines",
      `${count(future, "line", "lines")} more than an hour ahead of this ` +
        "machine's clock",
    );
  }
  if (stripped > 0) {
    warn(
      "pruned by the Go CLI",
      `${count(stripped, "line", "lines")} look like ours without the fields ` +
        "that only vers knows: the same command does not find their jobs " +
        "any more. Use vers jobs prune",
    );
  }
  return checks;
}

async function settingsCheck(context: Context): Promise<Check> {
  const name = "settings";
  try {
    const settings = await settingsOf(context);
    const set = Object.keys(settings).length;
    const detail = set === 0 ? "the defaults hold" : `${set} set`;
    return { name, status: "ok", detail };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { name, status: "problem", detail: error.message };
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}

function sizeOf({ size }: Deno.FileInfo): string {
  if (size < 1024) return count(size, "byte", "bytes");
  const kib = size / 1024;
  return kib < 1024
    ? `${kib.toFixed(1)} KiB`
    : `${(kib / 1024).toFixed(1)} MiB`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
