import { ApiError } from "../api/api_error.ts";
import type { VersClient } from "../api/vers_client.ts";

/** What became of a VM that was to be deleted. */
export type Deletion =
  | { readonly type: "deleted" | "already_deleted" }
  /** The service has no VM of this id; `error` is what it answered. */
  | { readonly type: "unknown"; readonly error: ApiError };

/**
 * Deletes a VM.
 *
 * The service answers 403 for a VM that is not there, as for one that is not
 * ours: its metadata say which.
 *
 * @throws {Failure} when it was not deleted, and is not known to be deleted.
 */
export async function deleteVm(
  client: VersClient,
  vmId: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<Deletion> {
  try {
    await client.deleteVm(vmId, { signal });
    return { type: "deleted" };
  } catch (error) {
    const isUnclear = error instanceof ApiError && error.isFromService &&
      (error.status === 403 || error.status === 404);
    if (!isUnclear) throw error;
    try {
      const { value } = await client.vmMetadata(vmId, { signal });
      if (value.deleted_at !== null) return { type: "already_deleted" };
    } catch (why) {
      if (why instanceof ApiError && why.isNotFound) {
        return { type: "unknown", error };
      }
    }
    throw error;
  }
}
