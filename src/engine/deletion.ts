import { ApiError } from "../api/api_error.ts";
import type { VmList } from "../api/types.ts";
import type { CompleteJob, RunningJob } from "../job/job.ts";
import { type Look, look, type Run } from "./look.ts";

const LOOKS = 3;
const SPAN_MS = 5_000;
const SETTLE_MS = 30_000;

/**
 * Distinguishes VMs that were deleted from VMs that do not show yet.
 *
 * A VM was deleted when its metadata has a time of deletion; or when status and
 * metadata answer 404 and the list lacks it, three times over 5 s or more, the
 * last at least 30 s after the job had its handle.
 */
export class DeletionWatch {
  readonly #run: Run;
  readonly #settledAtMs: number;
  readonly #missing = new Map<string, { firstMs: number; looks: number }>();

  constructor(run: Run, job: RunningJob | CompleteJob) {
    const { clock } = run.engine;
    const ageMs = clock.now().getTime() - Date.parse(job.running_at);
    this.#run = run;
    this.#settledAtMs = clock.elapsedMs() + SETTLE_MS - Math.max(0, ageMs);
  }

  /** Notes that the VM was seen. */
  sawAlive(vmId: string): void {
    this.#missing.delete(vmId);
  }

  /**
   * Returns whether the VM, whose status answered 404 just now, was deleted.
   * What it reads may be missed; the look then does not count.
   */
  async isDeleted(
    vmId: string,
    readList: () => Promise<Look<VmList>>,
  ): Promise<Look<boolean>> {
    const said = await this.#isDeletedByMetadata(vmId);
    if (said.type === "missed") return said;
    if (said.value !== undefined) {
      this.#missing.delete(vmId);
      return { type: "answer", value: said.value };
    }
    const list = await readList();
    if (list.type === "missed") return list;
    const { vms, skipped } = list.value;
    if ([...vms, ...skipped].some(({ vm_id }) => vm_id === vmId)) {
      this.#missing.delete(vmId);
      return { type: "answer", value: false };
    }
    const nowMs = this.#run.engine.clock.elapsedMs();
    const { firstMs, looks } = this.#missing.get(vmId) ??
      { firstMs: nowMs, looks: 0 };
    this.#missing.set(vmId, { firstMs, looks: looks + 1 });
    const value = looks + 1 >= LOOKS && nowMs - firstMs >= SPAN_MS &&
      nowMs >= this.#settledAtMs;
    return { type: "answer", value };
  }

  /** What the metadata says; `undefined` where there are none. */
  async #isDeletedByMetadata(vmId: string): Promise<Look<boolean | undefined>> {
    try {
      return await look(this.#run, "vm", async (client, options) => {
        const { value } = await client.vmMetadata(vmId, options);
        return value.deleted_at !== null;
      });
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
      return { type: "answer", value: undefined };
    }
  }
}
