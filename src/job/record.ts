import * as z from "zod/mini";
import { isJsonObject, type JsonObject } from "../json.ts";

/** Every kind of job, in the words of the Go CLI's ledger. */
export const JOB_KINDS = [
  "vm.run",
  "vm.branch",
  "vm.deploy",
  "vm.resume",
  "vm.run_commit",
  "vm.exec",
] as const;

/** What a job does. */
export type JobKind = typeof JOB_KINDS[number];

/** Returns whether `value` names a kind that this program knows. */
export function isJobKind(value: unknown): value is JobKind {
  return (JOB_KINDS as readonly unknown[]).includes(value);
}

/** Returns whether jobs of a kind make the VMs that their handles name. */
export function makesVms(kind: JobKind): boolean {
  return kind !== "vm.resume" && kind !== "vm.exec";
}

/** The format of the lines that this program writes, their field `v`. */
export const FORMAT_VERSION = 2;

/** RFC 3339. */
const time = z.string().check(
  z.refine((text) => !Number.isNaN(Date.parse(text))),
);
const texts = z.custom<readonly string[]>((value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
);
const jsonObject = z.custom<JsonObject>(isJsonObject);

/** What the server gave us to ask again by. */
const handle = z.object({
  vm_ids: texts,
  /** Of a deploy: its project; `null` when it could not be read back. */
  project_id: z.optional(z.nullable(z.string())),
  /** Of a deploy: what the service called its state when it took it. */
  deploy_status: z.optional(z.nullable(z.string())),
});

/** The VMs that an alias and HEAD stand for; `null`: for none. */
const names = z.object({
  alias: z.optional(z.nullable(z.string())),
  head: z.optional(z.nullable(z.string())),
});

// The fields stand in the order that they have in a line: the Go CLI's first.

/** Who asked for what. */
const asked = {
  id: z.string(),
  kind: z.enum(JOB_KINDS),
  command: z.string(),
  args: texts,
  /** When the job was first asked for. */
  started_at: time,
};

const ended = { completed_at: time, duration_ms: z.number() };

const known = {
  v: z.literal(FORMAT_VERSION),
  /** When this line was written. */
  at: time,
  /** 32 hex digits: what two commands that ask for the same work share. */
  key: z.optional(z.string()),
  /** The API's origin. */
  scope: z.string(),
  /** Which API key: its id, never the key itself. */
  account: z.string(),
  /** A UUID: this job's mark on the server. */
  token: z.string(),
  /** The normalised wishes, secrets left out. */
  inputs: jsonObject,
  /** The VM or commit that a target left to HEAD or an alias stood for. */
  source: z.optional(z.string()),
  /** What alias and HEAD stood for when the job was asked for. */
  names: z.optional(names),
  /** How often the request has left. */
  sends: z.number(),
  /** The server's clock just before the first request that counts. */
  server_at: z.optional(time),
};

const marks = {
  /** When its id was printed by a command that did not wait for it. */
  accepted_at: z.optional(time),
  /** When exit 21 was given for this job. */
  unconfirmed_at: z.optional(time),
};

/** The request is about to leave; it may or may not exist on the server. */
const submitted = z.object({
  ...asked,
  status: z.literal("submitted"),
  ...known,
  ...marks,
});

/** The server took it, and we know what it gave us. */
const running = z.object({
  ...asked,
  status: z.literal("running"),
  result_id: z.string(),
  ...known,
  handle,
  ...marks,
});

/** The job reached what was waited for. */
const complete = z.object({
  ...asked,
  ...ended,
  status: z.literal("complete"),
  result_id: z.string(),
  ...known,
  handle,
  /** What was, or is to be, printed. */
  result: jsonObject,
  ...marks,
  /** When all of the result had been handed to the reader of stdout. */
  delivered_at: z.optional(time),
  /** When the VM of this complete job was found gone. */
  gone_at: z.optional(time),
});

/** The job will not get there. */
const failed = z.object({
  ...asked,
  ...ended,
  status: z.literal("failed"),
  result_id: z.optional(z.string()),
  error: z.string(),
  ...known,
  handle: z.optional(handle),
  /** The failure as it was told, for those who ask for the same work. */
  result: z.optional(jsonObject),
  ...marks,
  /** Set when it failed because its VM was gone. */
  gone_at: z.optional(time),
});

/**
 * One thing that happened to a job, as a line of the ledger has it: every line
 * repeats what is known. This schema is what a job is; the order of its fields
 * is that of the line.
 */
export const JOB_RECORD = z.discriminatedUnion("status", [
  submitted,
  running,
  complete,
  failed,
]);

export type SubmittedRecord = Readonly<z.infer<typeof submitted>>;
export type RunningRecord = Readonly<z.infer<typeof running>>;
export type CompleteRecord = Readonly<z.infer<typeof complete>>;
export type FailedRecord = Readonly<z.infer<typeof failed>>;
export type JobRecord =
  | SubmittedRecord
  | RunningRecord
  | CompleteRecord
  | FailedRecord;

/** What the server gave us to ask again by. */
export type Handle = z.infer<typeof handle>;
/** The VMs that an alias and HEAD stand for; `null`: for none. */
export type Names = z.infer<typeof names>;

const SCHEMAS = { submitted, running, complete, failed };

/** The states that a line can be of. */
export const STATUSES: readonly string[] = Object.keys(SCHEMAS);

/** Returns the names of a record's fields, in their order. */
export function fieldsOf({ status }: Pick<JobRecord, "status">): string[] {
  return Object.keys(SCHEMAS[status].shape);
}
