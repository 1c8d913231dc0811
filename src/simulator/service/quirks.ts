import type { JsonValue } from "../../json.ts";
import type { LabelsShown } from "./world.ts";

/** How one answer, or the VMs that it creates, differ from the usual. */
export interface Quirks {
  /** How long lists lack a new VM. */
  readonly unlisted?: { readonly ms: number } | undefined;
  /** How long status and metadata of a new VM answer 404. */
  readonly unreadable?: { readonly ms: number } | undefined;
  /** How old the answer is. */
  readonly lag?: { readonly ms: number } | undefined;
  /** Entries added to a list. */
  readonly alsoListed?: { readonly entries: readonly JsonValue[] } | undefined;
  readonly labels?: { readonly as: LabelsShown } | undefined;
  /** The states of a new VM, by milliseconds after its creation. */
  readonly states?: {
    readonly states: readonly { afterMs: number; state: string }[];
  } | undefined;
  readonly boot?: { readonly ms: number } | undefined;
  /** How many branches are created, and how many the answer names. */
  readonly fewer?: {
    readonly made?: number | undefined;
    readonly named?: number | undefined;
  } | undefined;
  /** How many of a command's first events are forgotten; all, without. */
  readonly forget?: { readonly events?: number | undefined } | undefined;
  /** Set: a branch is answered as older versions did, `{vm_id}`. */
  readonly oldBranchAnswer?: object | undefined;
}
