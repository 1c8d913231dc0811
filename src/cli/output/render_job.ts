import { formatAge } from "../../duration.ts";
import type { GoEntry } from "../../job/entry.ts";
import { entryOf, type Job } from "../../job/job.ts";
import { type ListedJob, statusOf } from "../../job/listed_job.ts";
import type { JsonObject } from "../../json.ts";
import { tableLines } from "./page.ts";

/** Returns a job in the words of the ledger: what all listings have. */
export function summaryOf(listed: ListedJob): JsonObject {
  return listed.writer === "go" ? goSummary(listed.entry) : {
    ...ownSummary(listed.job),
    status: statusOf(listed),
    scope: listed.job.scope,
    ...marksOf(listed.job),
  };
}

/** Returns all that the ledger knows of a job. */
export function detailsOf(listed: ListedJob): JsonObject {
  if (listed.writer === "go") return goSummary(listed.entry);
  const { job } = listed;
  // When a line was written is a matter of that line, not of the job.
  const { key, scope, account, token, inputs, source, sends, server_at } =
    entryOf(job, job.startedAt);
  const handle = job.state === "submitted" ? undefined : job.handle;
  const isOver = job.state === "complete" || job.state === "failed";
  return {
    ...ownSummary(job),
    status: statusOf(listed),
    vm_ids: handle?.vm_ids,
    project_id: handle?.project_id,
    result: isOver ? job.result : undefined,
    key,
    scope,
    account,
    token,
    inputs,
    source,
    sends,
    server_at,
    ...marksOf(job),
  };
}

/** The lines of a table of jobs, as {@linkcode summaryOf} has them. */
export function jobTable(items: readonly JsonObject[]): readonly string[] {
  return tableLines([
    ["JOB_ID", "STATUS", "KIND", "STARTED", "DURATION"],
    ...items.map((item) => [
      textOf(item.id),
      textOf(item.status),
      textOf(item.kind),
      toSeconds(textOf(item.started_at)),
      typeof item.duration_ms === "number" ? formatAge(item.duration_ms) : "-",
    ]),
  ]);
}

/** The lines that show one job, as {@linkcode detailsOf} has it. */
export function jobLines(job: JsonObject): readonly string[] {
  const rows: (readonly [string, JsonObject[string]])[] = [
    ["Job ID", job.id],
    ["Status", job.status],
    ["Kind", job.kind],
    ["Command", job.command],
    ["Started", job.started_at],
    ["Completed", job.completed_at],
    [
      "Duration",
      typeof job.duration_ms === "number"
        ? formatAge(job.duration_ms)
        : undefined,
    ],
    ["VM", job.vm_ids ?? job.result_id],
    ["Error", job.error],
    ["Origin", job.scope],
    ["Accepted", job.accepted_at],
    ["Unconfirmed", job.unconfirmed_at],
    ["Delivered", job.delivered_at],
    ["Gone", job.gone_at],
  ];
  const shown = rows.flatMap(([label, value]) =>
    value === undefined || value === ""
      ? []
      : [[`${label}:`, Array.isArray(value) ? value.join(", ") : value]]
  );
  return tableLines(
    shown.map(([label, value]) => [String(label), String(value)]),
  );
}

function ownSummary(job: Job): JsonObject {
  const { args, kind, command, id, started_at, ...rest } = entryOf(
    job,
    job.startedAt,
  );
  const ended = rest.status === "complete" || rest.status === "failed"
    ? { completed_at: rest.completed_at, duration_ms: rest.duration_ms }
    : {};
  return {
    id,
    kind,
    command,
    args,
    started_at,
    ...ended,
    status: rest.status,
    result_id: rest.status === "submitted" ? undefined : rest.result_id,
    error: rest.status === "failed" ? rest.error : undefined,
  };
}

function goSummary(entry: GoEntry): JsonObject {
  const { id, kind, command, args, started_at, status } = entry;
  const { completed_at, duration_ms, result_id, error } = entry;
  return {
    id,
    kind,
    command,
    args,
    started_at,
    completed_at,
    duration_ms,
    status,
    result_id,
    error,
  };
}

function marksOf(job: Job): JsonObject {
  return {
    accepted_at: job.acceptedAt,
    unconfirmed_at: job.unconfirmedAt,
    delivered_at: job.state === "complete" ? job.deliveredAt : undefined,
    gone_at: job.state === "complete" || job.state === "failed"
      ? job.goneAt
      : undefined,
  };
}

function textOf(value: JsonObject[string]): string {
  return typeof value === "string" ? value : "";
}

/** A time to the second, as far as it can be read. */
function toSeconds(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms)
    ? time
    : new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}
