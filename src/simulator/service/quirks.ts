import type { JsonValue } from "../../json.ts";
import type { LabelsShown } from "./world.ts";

/** What is unusual about one answer, or about the VMs that it makes. */
export interface Quirks {
  /** Lists lack a new VM for so long. */
  readonly unlisted?: { readonly ms: number } | undefined;
  /** Status and metadata of a new VM are not found for so long. */
  readonly unreadable?: { readonly ms: number } | undefined;
  /** The answer is so old. */
  readonly lag?: { readonly ms: number } | undefined;
  /** A list has these as well. */
  readonly alsoListed?: { readonly entries: readonly JsonValue[] } | undefined;
  readonly labels?: { readonly as: LabelsShown } | undefined;
  /** The states of a new VM, by milliseconds after its creation. */
  readonly states?: {
    readonly states: readonly { afterMs: number; state: string }[];
  } | undefined;
  readonly boot?: { readonly ms: number } | undefined;
  /** How many branches are made, and how many the answer names. */
  readonly fewer?: {
    readonly made?: number | undefined;
    readonly named?: number | undefined;
  } | undefined;
  /** A branch is answered as of old, `{vm_id}`. */
  readonly oldBranchAnswer?: object | undefined;
}
