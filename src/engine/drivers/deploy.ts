import type { DeployRequest } from "../../api/types.ts";
import { Failure } from "../../failure.ts";
import type { Job } from "../../job/job.ts";
import type { JsonObject } from "../../json.ts";
import type { Driver } from "../kinds.ts";
import { textField } from "./fields.ts";
import { judgeRunning } from "./judge.ts";
import { HOUR_MS, SLOW_CONFIRM_MS } from "./times.ts";

/** `vers deploy`: a VM that a repository is deployed to. */
export const vmDeploy: Driver = {
  confirmWindowMs: SLOW_CONFIRM_MS,
  // The repository may have moved on since.
  maxResumeAgeMs: HOUR_MS,

  prepare(job, secrets) {
    const request = requestOf(job, secrets);
    return async (client, options) => {
      const { value } = await client.deploy(request, options);
      return {
        vm_ids: [value.vm_id],
        project_id: value.project_id,
        deploy_status: value.status,
      };
    };
  },

  traces: {
    areLabelled: false,
    isOffspring: (metadata) =>
      metadata.parent_commit_id === null && metadata.grandparent_vm_id === null,
    // A deployed VM has no lineage: any new VM of ours looks like it.
    mayAdopt: (policy) => policy === "always",
    count: () => 1,
    // Nothing reads a project back.
    handleOf: (vmIds) => ({
      vm_ids: vmIds,
      project_id: null,
      deploy_status: null,
    }),
  },

  judge: judgeRunning,

  result: (job, status, effects) => ({
    project_id: job.handle.project_id ?? null,
    vm_id: job.handle.vm_ids[0],
    status,
    deploy_status: job.handle.deploy_status ?? null,
    head: effects.head,
  }),
};

function requestOf(
  job: Job,
  secrets: JsonObject | undefined,
): DeployRequest {
  const { inputs } = job;
  if (typeof inputs.repo !== "string") {
    throw new RangeError(`Job ${job.id} of kind ${job.kind} has no repo`);
  }
  const settings = {
    ...textField("install_command", secret(job, secrets, "install")),
    ...textField("build_command", secret(job, secrets, "build")),
    ...textField("run_command", secret(job, secrets, "run")),
    ...textField("working_directory", inputs.working_dir),
  };
  return {
    repo: inputs.repo,
    ...textField("name", inputs.name),
    ...textField("branch", inputs.branch),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
  };
}

/**
 * Returns a command that the ledger has only a hash of.
 *
 * @throws {Failure} when it was given to an earlier process and not to us.
 */
function secret(
  job: Job,
  secrets: JsonObject | undefined,
  name: "install" | "build" | "run",
) {
  const value = secrets?.[name];
  if (value !== undefined || job.inputs[name] === undefined) return value;
  throw new Failure(
    `Cannot send the request of job ${job.id} again: the ledger does not keep its --${name} command`,
    {
      code: "general",
      hint: "run the same vers deploy command again, without --resume-job",
    },
  );
}
