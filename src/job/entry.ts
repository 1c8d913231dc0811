import type { JsonObject } from "../json.ts";
import type { JobKind } from "./job_kind.ts";

/** The format of the lines that this program writes, their field `v`. */
export const FORMAT_VERSION = 2;

/** What the server gave us to ask again by. */
export interface Handle {
  readonly vm_ids: readonly string[];
  /** Of a deploy: its project; `null` when it could not be read back. */
  readonly project_id?: string | null;
  /** Of a deploy: what the service called its state when it took it. */
  readonly deploy_status?: string | null;
}

/** The VMs that an alias and HEAD stand for; `null`: for none. */
export interface Names {
  readonly alias?: string | null;
  readonly head?: string | null;
}

/**
 * What every entry repeats: who asked for what, when. The names are the
 * file's own, so that a line is this object, its `v` and its `crc`.
 */
export interface EntryBase {
  readonly id: string;
  readonly kind: JobKind;
  readonly command: string;
  readonly args: readonly string[];
  /** RFC 3339: when the job was first asked for. */
  readonly started_at: string;
  /** RFC 3339, ms: when this entry was written. */
  readonly at: string;
  /** 32 hex digits: what two commands that ask for the same work share. */
  readonly key?: string;
  /** The API's origin. */
  readonly scope: string;
  /** Which API key: its id, never the key itself. */
  readonly account: string;
  /** A UUID: this job's mark on the server. */
  readonly token: string;
  readonly inputs: JsonObject;
  /** The VM or commit that a target left to HEAD or an alias stood for. */
  readonly source?: string;
  /** What alias and HEAD stood for when the job was asked for. */
  readonly names?: Names;
  /** How often the request has left. */
  readonly sends: number;
  /** RFC 3339: the server's clock just before the request. */
  readonly server_at?: string;
  /** When its id was printed by a command that did not wait for it. */
  readonly accepted_at?: string;
  /** When exit 21 was given for this job. */
  readonly unconfirmed_at?: string;
}

/** The request is about to leave; it may or may not exist on the server. */
export interface SubmittedEntry extends EntryBase {
  readonly status: "submitted";
}

/** The server took it, and we know what it gave us. */
export interface RunningEntry extends EntryBase {
  readonly status: "running";
  readonly handle: Handle;
  readonly result_id: string;
}

/** The job reached what was waited for. */
export interface CompleteEntry extends EntryBase {
  readonly status: "complete";
  readonly handle: Handle;
  readonly result_id: string;
  readonly completed_at: string;
  readonly duration_ms: number;
  /** What was, or is to be, printed. */
  readonly result: JsonObject;
  /** When all of the result had been handed to the reader of stdout. */
  readonly delivered_at?: string;
  /** When the VM of this complete job was found gone. */
  readonly gone_at?: string;
}

/** The job will not get there. */
export interface FailedEntry extends EntryBase {
  readonly status: "failed";
  readonly handle?: Handle;
  readonly result_id?: string;
  readonly completed_at: string;
  readonly duration_ms: number;
  readonly error: string;
  /** The failure as it was told, for those who ask for the same work. */
  readonly result?: JsonObject;
  /** Set when it failed because its VM was gone. */
  readonly gone_at?: string;
}

/** One thing that happened to a job: one line of the ledger. */
export type Entry =
  | SubmittedEntry
  | RunningEntry
  | CompleteEntry
  | FailedEntry;

/** A line as the Go CLI writes it: no key, no handle, no checksum. */
export interface GoEntry {
  readonly id: string;
  readonly kind: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly started_at: string;
  readonly status: string;
  readonly completed_at?: string;
  readonly duration_ms?: number;
  readonly result_id?: string;
  readonly error?: string;
}
