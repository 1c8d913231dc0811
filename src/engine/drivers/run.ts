import type { VmConfig } from "../../api/types.ts";
import type { Job } from "../../job/job.ts";
import type { Driver } from "../kinds.ts";
import { JOB_LABEL } from "../vm_list.ts";
import { numberField, textField } from "./fields.ts";
import { judgeRunning } from "./judge.ts";
import { DAY_MS } from "./times.ts";

/** `vers run`: a new VM, found again by the label that it is made with. */
export const vmRun: Driver = {
  confirmWindowMs: 15_000,
  maxResumeAgeMs: DAY_MS,

  prepare(job) {
    const config = configOf(job);
    return async (client, options) => {
      const { value } = await client.newRoot(config, options);
      return { vm_ids: value.vm_ids };
    };
  },

  traces: {
    areLabelled: true,
    isOffspring: (metadata) =>
      metadata.parent_commit_id === null && metadata.grandparent_vm_id === null,
    mayAdopt: () => false,
    count: () => 1,
    handleOf: (vmIds) => ({ vm_ids: vmIds }),
  },

  judge: judgeRunning,

  result: (job, status, effects) => ({
    vm_id: job.handle.vm_ids[0],
    status,
    alias: effects.alias,
    head: effects.head,
  }),
};

function configOf(job: Job): VmConfig {
  const { inputs, token } = job;
  return {
    ...numberField("mem_size_mib", inputs.mem_size_mib),
    ...numberField("vcpu_count", inputs.vcpu_count),
    ...numberField("fs_size_mib", inputs.fs_size_vm_mib),
    ...textField("image_name", inputs.rootfs),
    ...textField("kernel_name", inputs.kernel),
    labels: { [JOB_LABEL]: token },
  };
}
