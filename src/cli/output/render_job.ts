import { formatAge } from "../../duration.ts";
import type { GoRecord } from "../../job/go_job.ts";
import type { Job } from "../../job/job.ts";
import { type ListedJob, statusOf } from "../../job/listed_job.ts";
import type { JsonObject } from "../../json.ts";
import { tableLines } from "./page.ts";

/** What all listings have of a job: the fields that the Go CLI knows. */
const SUMMARY = [
  ...["id", "kind", "command", "args", "started_at", "completed_at"],
  ...["duration_ms", "status", "result_id", "error"],
];
const IDENTITY = [
  ...["key", "scope", "account", "token", "inputs", "source", "sends"],
  "server_at",
];
const MARKS = ["accepted_at", "unconfirmed_at", "delivered_at", "gone_at"];

/** Returns a job in the words of the ledger: what all listings have. */
export function summaryOf(listed: ListedJob): JsonObject {
  if (listed.writer === "go") return pick(SUMMARY, listed.entry);
  const { job } = listed;
  return {
    ...pick(SUMMARY, job),
    status: statusOf(listed),
    scope: job.scope,
    ...pick(MARKS, job),
  };
}

/** Returns all that the ledger knows of a job. */
export function detailsOf(listed: ListedJob): JsonObject {
  if (listed.writer === "go") return pick(SUMMARY, listed.entry);
  const { job } = listed;
  const handle = job.status === "submitted" ? undefined : job.handle;
  return {
    ...pick(SUMMARY, job),
    status: statusOf(listed),
    vm_ids: handle?.vm_ids,
    project_id: handle?.project_id,
    ...pick(["result", ...IDENTITY, ...MARKS], job),
  };
}

function pick(
  names: readonly string[],
  of: Job | GoRecord,
): JsonObject {
  const fields: JsonObject = { ...of };
  return Object.fromEntries(names.map((name) => [name, fields[name]]));
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
