import { ApiError } from "../api/api_error.ts";
import type { VersClient } from "../api/vers_client.ts";
import type { CompleteJob, RunningJob } from "../job/job.ts";
import type { Run } from "./run.ts";

const LOOKS = 3;
const SPAN_MS = 5_000;
const SETTLE_MS = 30_000;

/**
 * Tells VMs that are gone from VMs that do not show yet.
 *
 * A VM is gone when its metadata has a time of deletion; or when status and
 * metadata answer 404 and the list lacks it, three times over 5 s or more, the
 * last at least 30 s after the job had its handle.
 */
export class GoneWatch {
  readonly #run: Run;
  readonly #settledAtMs: number;
  readonly #missing = new Map<string, { firstMs: number; looks: number }>();

  constructor(run: Run, job: RunningJob | CompleteJob) {
    const { clock } = run.engine;
    const ageMs = clock.now().getTime() - Date.parse(job.runningAt);
    this.#run = run;
    this.#settledAtMs = clock.elapsedMs() + SETTLE_MS - Math.max(0, ageMs);
  }

  /** Notes that the VM was seen. */
  sawAlive(vmId: string): void {
    this.#missing.delete(vmId);
  }

  /**
   * Returns whether the VM, whose status answered 404 just now, is gone.
   *
   * @throws {unknown} what a read threw; the look then does not count.
   */
  async isGone(
    client: VersClient,
    vmId: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      const { value } = await client.vmMetadata(vmId, { signal });
      this.#missing.delete(vmId);
      return value.deleted_at !== null;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
    const { value: { vms } } = await client.listVms({ signal });
    if (vms.some((vm) => vm.vm_id === vmId)) {
      this.#missing.delete(vmId);
      return false;
    }
    const nowMs = this.#run.engine.clock.elapsedMs();
    const { firstMs, looks } = this.#missing.get(vmId) ??
      { firstMs: nowMs, looks: 0 };
    this.#missing.set(vmId, { firstMs, looks: looks + 1 });
    return looks + 1 >= LOOKS && nowMs - firstMs >= SPAN_MS &&
      nowMs >= this.#settledAtMs;
  }
}
